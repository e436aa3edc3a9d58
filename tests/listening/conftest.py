"""The channel server and the application before which the gateway's own tests stand."""

from ..sandbox.gateway.conftest import application, conninfo, gateway, running

__all__ = ["application", "conninfo", "gateway", "running"]
