using System.Security.Cryptography;
using Casemate.Measurement.Snp;

namespace Casemate.Measurement.Tests.Snp;

public sealed class SnpIdBlockTests : SnpTestBase
{
    // virtee/sev-snp-measure, tests/keyfile and tests/test_id_block.py: published test keys, and the digests of their public parts.
    private const string IdKeyPem = """
        -----BEGIN EC PRIVATE KEY-----
        MIGkAgEBBDDd3NjrPduToA3Y2bU8u+m+wL+icE6wZOiAm5FopHJjHx2a67ZcqhcX
        mB/DBwn4WsKgBwYFK4EEACKhZANiAASyD9Ghwr0rZRg6duI5CsgF9tjl4q9yXlqO
        k8+H7AKfnUXrMmsEuSvrcU4U+phviposlKC4qzDMdjUmdZRIdokelU/271gmpiMb
        ptbX9uv7aM4zDh5ZOU77cICIPdxpNks=
        -----END EC PRIVATE KEY-----
        """;

    private const string AuthorKeyPem = """
        -----BEGIN EC PRIVATE KEY-----
        MIGkAgEBBDCUTgpZn6Wt6RvhJHG3PzPIEkyl1x8+0G3gltnqH63ibdpY+Y99M2tr
        34JhaKgSdJOgBwYFK4EEACKhZANiAAQGgR/GJAm/LZrlHAdCMlTYk8bCP78WSvM4
        Ow+BOmJ+YWjZBnp/S9l5kFiMGEESEKAytCCiJlbScdz9TiVmjHL9WLtfaFH+Ry+d
        Fg+ICxTfTDYjBolizeTWCOc3NC2pEsk=
        -----END EC PRIVATE KEY-----
        """;

    private static readonly byte[] s_digest = Convert.FromBase64String("B28FLQi9p6cAqipgjFyqawDrrSl7bWioWkWx5mmlWLZ+G5HShKMB/mPE+gdQRn7t");

    [Fact]
    public void Block_IsAsSevSnpMeasureWritesIt()
    {
        Assert.Equal(
            "B28FLQi9p6cAqipgjFyqawDrrSl7bWioWkWx5mmlWLZ+G5HShKMB/mPE+gdQRn7tAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAwAAAAAA",
            Convert.ToBase64String(SnpIdBlock.Create(s_digest).ToBytes()));
    }

    [Theory]
    [InlineData(IdKeyPem, "hwt+NcU/inLQ0yL3WrKvgmJ5Kq9leWIs5BMcPyHyied8sFYKXjuQs5MuZ07HCcsU")]
    [InlineData(AuthorKeyPem, "YxEcNLv8Ckk4+aAJvQdJgNgXIyPmFZnJ/TNtqGcySOHcqY0L6PdjdqEGuK/UwKBX")]
    public void KeyDigest_IsAsSevSnpMeasureComputesIt(string pem, string expected)
    {
        using var key = SnpIdKey.PrivateFromPem(pem);

        Assert.Equal(expected, Convert.ToBase64String(SnpIdKey.FromKey(key).ComputeDigest()));
    }

    [Fact]
    public void Signature_HoldsForThisBlockAlone()
    {
        using var id = SnpIdKey.PrivateFromPem(IdKeyPem);
        using var author = SnpIdKey.PrivateFromPem(AuthorKeyPem);
        var block = SnpIdBlock.Create(s_digest, new byte[16], new byte[16], 7, 0x30000);

        var written = SnpIdAuthentication.Sign(block, id, author).Bytes;

        Assert.Equal(SnpError.None, SnpIdAuthentication.TryRead(written.Span, out var read));
        Assert.Equal(SnpIdSignature.Valid, read!.Verify(block));
        Assert.Equal(SnpIdSignature.InvalidBlockSignature, read.Verify(SnpIdBlock.Create(s_digest, guestSvn: 8)));
        Assert.NotNull(read.AuthorKey);
    }

    [Fact]
    public void Signature_WithoutAuthor()
    {
        using var id = SnpIdKey.PrivateFromPem(IdKeyPem);
        var block = SnpIdBlock.Create(s_digest);

        var written = SnpIdAuthentication.Sign(block, id, authorKey: null).Bytes;

        Assert.Equal(SnpError.None, SnpIdAuthentication.TryRead(written.Span, out var read));
        Assert.Equal(SnpIdSignature.Valid, read!.Verify(block));
        Assert.Null(read.AuthorKey);
    }

    [Fact]
    public void EveryChangedByte_IsRefusedOrNoticed()
    {
        using var id = SnpIdKey.PrivateFromPem(IdKeyPem);
        using var author = SnpIdKey.PrivateFromPem(AuthorKeyPem);
        var block = SnpIdBlock.Create(s_digest);
        var written = SnpIdAuthentication.Sign(block, id, author).Bytes.ToArray();

        // Components and keys byte by byte, the zeros around them now and then.
        foreach (var at in Enumerable.Range(0, written.Length).Where(at => written[at] != 0 || at % 64 == 1))
        {
            var changed = written.ToArray();
            changed[at] ^= 0x40;
            var isAccepted = SnpIdAuthentication.TryRead(changed, out var read) is SnpError.None && read!.Verify(block) is SnpIdSignature.Valid;
            Assert.False(isAccepted, $"byte {at}");
        }
    }

    [Fact]
    public void Block_IsReadBack()
    {
        var block = SnpIdBlock.Create(s_digest, Enumerable.Repeat((byte)1, 16).ToArray(), Enumerable.Repeat((byte)2, 16).ToArray(), 3, 4);
        var bytes = block.ToBytes();

        Assert.Equal(SnpError.None, SnpIdBlock.TryRead(bytes, out var read));
        Assert.Equal(bytes, read!.ToBytes());
        Assert.Equal((3u, 4ul), (read.GuestSvn, read.Policy));
        bytes[80] = 2;
        Assert.Equal(SnpError.UnexpectedValue, SnpIdBlock.TryRead(bytes, out _));
        Assert.Equal(SnpError.WrongLength, SnpIdBlock.TryRead(bytes.AsSpan(1), out _));
    }

    [Fact]
    public void Refuses_KeysThatCannotSign()
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        string[] unsuitable = [p256.ExportECPrivateKeyPem(), p384.ExportSubjectPublicKeyInfoPem(), "", "no key"];

        Assert.All(unsuitable, pem =>
            Assert.Equal(SnpError.UnsuitableKey, Assert.Throws<SnpException>(() => SnpIdKey.PrivateFromPem(pem)).Error));
        Assert.Throws<SnpException>(() => SnpIdBlock.Create(new byte[47]));
    }
}
