"""What the processes of this home have logged, live (?log-level=…&log-text=…)."""

from sigma_core.console import log_view, widgets
from sigma_core.console.components.blocks import page_head
from sigma_core.console.markup import element

widgets.head(
    page_head("Log", element("strong", "What scheduler, console and commands have said."), " Secrets are taken out.")
)
log_view.draw()
