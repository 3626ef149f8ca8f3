"""The list of commands. Importing this must stay cheap: `sigma --help` runs it."""

from typing import Annotated

import typer

from sigma_core import __version__
from sigma_core.cli import (
    budgets,
    committee,
    demo,
    exchange,
    experiment,
    graph,
    knowledge,
    learn,
    mcp,
    notify,
    operate,
    patterns,
    plugins,
    prices,
    projects,
    prompts,
    proposals,
    recall,
    retention,
    rules,
    schedule,
    serve,
    store,
    strategy,
    up,
    usage,
    why,
)
from sigma_core.cli.frame import emit

app = typer.Typer(
    name="sigma",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 110, "help_option_names": ["--help", "-h"]},
    help="SIGMA looks after git repositories: it finds issues, proposes fixes and proves them in a sandbox.",
    epilog="--home DIR and --json are accepted before and after every command.",
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        emit({"version": __version__}, [f"sigma {__version__}"])
        raise typer.Exit


@app.callback()
def sigma(
    _: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print SIGMA's version.")
    ] = False,
) -> None:
    """Take what concerns no single command."""


app.command()(operate.init)
app.command()(up.up)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(serve.scheduler)
app.command()(serve.verifier)
app.command()(mcp.mcp)
app.command()(operate.doctor)
app.command()(operate.status)
app.command()(operate.run)
app.add_typer(projects.app, name="project")
app.command()(projects.issues)
app.command()(projects.fix)
app.command()(projects.ignore)
app.command()(projects.unignore)
app.add_typer(committee.app, name="committee")
app.add_typer(rules.app, name="rules")
app.add_typer(patterns.app, name="pattern")
for command in (
    proposals.propose,
    proposals.verify,
    proposals.proposals,
    proposals.proposal,
    proposals.approve,
    proposals.reject,
    proposals.comment,
    proposals.assign,
    proposals.apply,
    proposals.export,
    why.why,
):
    app.command()(command)
app.command()(recall.recall)
app.command()(learn.learn)
app.command()(learn.outcomes)
exchange.register(app)
app.command()(retention.retention)
knowledge.register(exchange.app)
app.add_typer(usage.app, name="usage")
app.add_typer(budgets.app, name="budget")
app.add_typer(prices.app, name="price")
app.add_typer(prompts.app, name="prompt")
app.add_typer(graph.app, name="graph")
app.add_typer(strategy.app, name="strategy")
app.add_typer(experiment.app, name="experiment")
app.add_typer(schedule.app, name="schedule")
app.add_typer(notify.app, name="notify")
app.command()(store.backup)
app.command()(store.restore)
app.add_typer(store.app, name="store")
plugins.register(app)
