"""A module whose import does everything that an import must not do."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from pathlib import Path

import botocore.session

SETTING = os.environ["SPIED"]
CLIENT = botocore.session.get_session().create_client("dynamodb", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
SOCKET = socket.socket()
SOCKET.bind(("127.0.0.1", 0))
SOCKET.close()
subprocess.run(["true"], check=True)
(Path(os.environ["WRITES_TO"]) / "written").write_text("")
threading.Thread(target=threading.Event().wait, daemon=True).start()
