"""The first of these: there is none yet."""

from __future__ import annotations

import pytest

from tests.lab.cluster import kubectl
from tests.lab.monitored import monitoring

pytestmark = pytest.mark.usefixtures("converged")


def test_it_is_refused_where_no_setting_says_that_there_is_one() -> None:
    assert "monitoring_enabled is False: set it to True" in monitoring("-y").said
    assert kubectl("get", "namespace", "monitoring").returncode != 0
