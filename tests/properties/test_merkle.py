"""The growing Merkle tree is the tree of RFC 6962, whatever its size."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.merkle import EMPTY_ROOT, MerkleTree


def naive_root(leaves: list[bytes]) -> bytes:
    """Compute the hash as RFC 6962, section 2.1, defines it, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = naive_root(leaves[:split]), naive_root(leaves[split:])
    return sha256(b"\x01" + left + right).digest()


def leaf(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


@pytest.mark.parametrize("size", range(71))
def test_the_root_of_every_size_is_the_one_of_the_definition(size):
    leaves = [leaf(number.to_bytes(2, "big")) for number in range(size)]
    tree = MerkleTree()
    tree.extend(leaves)
    assert (tree.size, tree.root()) == (size, naive_root(leaves))


PUBLISHED = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
             "606162636465666768696a6b6c6d6e6f")  # fmt: skip


@pytest.mark.parametrize(
    ("size", "root"),
    [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ],
)
def test_the_roots_are_those_that_certificate_transparency_publishes(size, root):
    tree = MerkleTree()
    tree.extend(leaf(bytes.fromhex(content)) for content in PUBLISHED[:size])
    assert tree.root().hex() == root


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.data())
def test_a_leaf_that_changes_or_moves_changes_the_root(contents, data):
    at = data.draw(st.integers(0, len(contents) - 1))
    tree, other = MerkleTree(), MerkleTree()
    tree.extend(leaf(content) for content in contents)
    changed = [*contents[:at], contents[at] + b"!", *contents[at + 1 :]]
    other.extend(leaf(content) for content in changed)
    assert tree.root() != other.root()
    assert tree.root() != EMPTY_ROOT
