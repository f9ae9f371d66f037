"""All contracts by table name, in the order they are built."""

from schemas import claims, code_sets, coding, coding_marts, denials, governance, logs, raw, raw_answers, rework, spikes
from schemas.contract import Contract, table_name

_MODULES = (raw, raw_answers, logs, claims, coding, coding_marts, code_sets, rework, denials, spikes, governance)
_LAYERS = ("raw", "core", "mart", "ops")


def _all_contracts() -> dict[str, type[Contract]]:
    found = [
        value
        for module in _MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Contract) and value is not Contract
    ]
    named = {table_name(contract): contract for contract in found}
    return dict(sorted(named.items(), key=lambda item: _LAYERS.index(item[0].split("_")[0])))


CONTRACTS: dict[str, type[Contract]] = _all_contracts()


def layer(name: str) -> dict[str, type[Contract]]:
    """The contracts of one layer: raw, core, mart or ops."""
    return {table: contract for table, contract in CONTRACTS.items() if table.startswith(name + "_")}
