"""`skinedge serve`: the screening station of a health post."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import AllowUnsigned, Model, Trust, need_extra
from skinedge.errors import ConfigError

PIN_VARIABLE = "SKINEDGE_PIN"


def serve(
    records: Annotated[
        Path | None, typer.Option(help="Folder of the records.", show_default="this user's own", metavar="FOLDER")
    ] = None,
    site: Annotated[str, typer.Option(help="Name of the health post, for records and slips.", metavar="NAME")] = "",
    model: Model = None,
    trust: Trust = None,
    allow_unsigned: AllowUnsigned = False,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Any but this machine's own demands a PIN.", metavar="ADDRESS")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8765,
    pin: Annotated[bool, typer.Option("--pin", help="Demand a PIN on this machine, too.")] = False,
    backups: Annotated[
        Path | None,
        typer.Option(help="Folder for backups from the pages, such as a stick's.", metavar="FOLDER", show_default="none"),
    ] = None,
    certfile: Annotated[Path | None, typer.Option(help="Certificate, for encrypted traffic.", metavar="PEM")] = None,
    keyfile: Annotated[Path | None, typer.Option(help="Private key of the certificate.", metavar="PEM")] = None,
    idle_minutes: Annotated[
        int, typer.Option(help="A browser that nobody uses for so long is locked.", min=1, max=240)
    ] = 15,
) -> None:
    """Serves the screening station: pages for a browser on this machine or a phone.

    Nothing leaves this machine. With another --host, phones on the same network reach it, and must give a PIN that you
    choose at the start (or SKINEDGE_PIN). Without a certificate that traffic is not encrypted.

    \b
    Example:
      skinedge serve
      skinedge serve --host 192.168.43.1 --site "Posto de Saúde Norte"
    """
    need_extra("station", "starlette", "uvicorn", "jinja2", "babel", "python_multipart", "reportlab")
    from skinedge.records.store import default_folder
    from skinedge.screening.screener import Screener
    from skinedge.web.keystore import Locker
    from skinedge.web.serving import Address, check_pin
    from skinedge.web.serving import serve as run
    from skinedge.web.sessions import Sessions
    from skinedge.web.station import Station

    if (certfile is None) != (keyfile is None):
        raise ConfigError("got one of --certfile and --keyfile, expected both or neither")
    address = Address(host, port, certfile, keyfile)
    chosen = check_pin(_ask_pin()) if pin or not address.is_local else None
    if not address.is_local and certfile is None:
        print(
            "Photos and answers will travel over this network unencrypted: use one of your own that has a password, "
            "or give --certfile and --keyfile.",
            file=sys.stderr,
        )
    station = Station(
        screener=Screener(model, trust=trust or (), allow_unsigned=allow_unsigned),
        locker=Locker(records or default_folder()),
        site=site,
        host=host,
        pin=chosen,
        backups=backups,
        encrypted=certfile is not None,
        sessions=Sessions(idle_s=60.0 * idle_minutes),
    )
    run(station, address)


def _ask_pin() -> str:
    # Never an argument: other users of the machine can read those, and shells keep them.
    given = os.environ.get(PIN_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise ConfigError(f"other machines can reach this address and nobody is here to choose a PIN: set {PIN_VARIABLE}")
    return str(typer.prompt("PIN that browsers must give", hide_input=True, confirmation_prompt=True, err=True))
