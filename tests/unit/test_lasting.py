"""The search for dead objects rests during the block, and goes on after it if it did before."""

import gc

import pytest

from labkit.lasting import lasting_objects


@pytest.mark.parametrize("before", [True, False])
def test_the_search_rests_and_is_as_before_afterwards(before: bool) -> None:
    (gc.enable if before else gc.disable)()
    try:
        with lasting_objects():
            assert not gc.isenabled()
            with lasting_objects():
                pass
            assert not gc.isenabled()
        assert gc.isenabled() is before
        with pytest.raises(KeyError), lasting_objects():
            raise KeyError
        assert gc.isenabled() is before
    finally:
        gc.enable()
