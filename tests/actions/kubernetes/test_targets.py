"""The name of a Deployment, as an action takes it."""

import pytest

from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.targets import Target

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("name", ["../secrets", "a/b", "A", "", "a?x", "-a"])
def test_a_name_that_is_no_name_is_no_input(name: str) -> None:
    with pytest.raises(ValueError, match="deployment"):
        Target.model_validate(at(name))
