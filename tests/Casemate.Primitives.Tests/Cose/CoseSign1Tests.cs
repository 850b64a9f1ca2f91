using Casemate.Primitives.Cose;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Cose;

/// <summary>COSE_Sign1 messages: what is read, what is signed, what is refused.</summary>
public sealed class CoseSign1Tests
{
    private static readonly (byte[], byte[]) s_alg = (CborBytes.Int(1), CborBytes.Int(-7));

    [Fact]
    public void Reads_EveryPart()
    {
        var message = Read(Message(
            CborBytes.Map(
                s_alg, (CborBytes.Int(3), CborBytes.Text("application/json")),
                (CborBytes.Int(33), CborBytes.Array(CborBytes.Bytes([0x30, 1]), CborBytes.Bytes([0x30, 2]))),
                (CborBytes.Int(34), CborBytes.Array(CborBytes.Int(-16), CborBytes.Bytes([9, 9]))),
                (CborBytes.Text("iss"), CborBytes.Text("did:x509:0:…")), (CborBytes.Text("feed"), CborBytes.Text("images")),
                (CborBytes.Text("signingtime"), CborBytes.Tag(1, CborBytes.Int(1731561659)))),
            payload: [1, 2, 3], signature: [4, 5]));

        Assert.Equal(CoseAlgorithm.Es256, message.Algorithm);
        Assert.Equal("application/json", message.ContentType);
        Assert.Equal([[0x30, 1], [0x30, 2]], message.CertificateChain.Select(c => c.ToArray()));
        Assert.Equal(-16, message.CertificateThumbprint!.Value.Algorithm);
        Assert.Equal([9, 9], message.CertificateThumbprint!.Value.Hash.ToArray());
        Assert.Equal("did:x509:0:…", message.FindText("iss"));
        Assert.Equal("images", message.FindText("feed"));
        Assert.Null(message.FindText("Feed"));
        Assert.Equal(new DateTimeOffset(2024, 11, 14, 5, 20, 59, TimeSpan.Zero), message.SigningTime);
        Assert.Equal([1, 2, 3], message.Payload.ToArray());
        Assert.Equal([4, 5], message.Signature.ToArray());
    }

    [Fact]
    public void Signs_TheStructureOfTheStandard()
    {
        // RFC 9052, appendix C.2.1: the same protected header and payload.
        var message = Read(Message([0xA1, 0x01, 0x26], "This is the content."u8.ToArray(), new byte[64]));

        Assert.Equal(
            "846a5369676e61747572653143a1012640" + "54546869732069732074686520636f6e74656e742e",
            Convert.ToHexStringLower(message.ToBeSigned()));
    }

    [Fact]
    public void Signs_LongPayloads_WithTheirLength()
    {
        var message = Read(Message([0xA1, 0x01, 0x26], new byte[300], new byte[64]));

        Assert.Equal(
            CborBytes.Array(
                CborBytes.Text("Signature1"), CborBytes.Bytes([0xA1, 0x01, 0x26]), CborBytes.Bytes([]), CborBytes.Bytes(new byte[300])),
            message.ToBeSigned());
    }

    [Fact]
    public void Reads_WithAndWithoutTag()
    {
        var untagged = Message([0xA1, 0x01, 0x26], [1], [2])[1..];

        Assert.Equal([1], Read(untagged).Payload.ToArray());
        AssertRefused("the tag is not 18", CborBytes.Tag(17, untagged));
    }

    [Fact]
    public void Reads_OneCertificate_WithoutArray()
    {
        var message = Read(Message(CborBytes.Map(s_alg, (CborBytes.Int(33), CborBytes.Bytes([0x30]))), [1], [2]));

        Assert.Equal([0x30], Assert.Single(message.CertificateChain).ToArray());
    }

    [Fact]
    public void Reads_IssuerAndSubject_OfClaims_AndSkipsOthers()
    {
        (byte[], byte[]) Claims(params (byte[], byte[])[] claims) => (CborBytes.Int(15), CborBytes.Map(claims));
        var (issuer, subject) = ((CborBytes.Int(1), CborBytes.Text("a")), (CborBytes.Int(2), CborBytes.Text("b")));
        (string?, string?)? Of(params (byte[], byte[])[] claims) => Read(Message(CborBytes.Map(s_alg, Claims(claims)), [1], [2])).Claims;

        Assert.Equal(("a", "b"), Of(issuer, subject, (CborBytes.Text("svn"), CborBytes.Int(7))));
        Assert.Equal(((string?)null, "b"), Of(subject));
        Assert.Equal(((string?)null, (string?)null), Of());
        Assert.Null(Read(Message(CborBytes.Map(s_alg), [1], [2])).Claims);
        foreach (var wrong in (byte[][])
            [
                CborBytes.Int(1), CborBytes.Map(issuer, issuer), CborBytes.Map((CborBytes.Int(1), CborBytes.Int(3))),
                CborBytes.Map((CborBytes.Int(2), CborBytes.Bytes([1]))),
            ])
        {
            AssertRefused("parameter #15 is malformed", Message(CborBytes.Map(s_alg, (CborBytes.Int(15), wrong)), [1], [2]));
        }
    }

    [Fact]
    public void Ignores_TheUnprotectedHeader_ButNotItsForm()
    {
        var protectedHeader = CborBytes.Map(s_alg);
        byte[] With(byte[] unprotected) =>
            CborBytes.Tag(18, CborBytes.Array(CborBytes.Bytes(protectedHeader), unprotected, CborBytes.Bytes([1]), CborBytes.Bytes([2])));

        Assert.Null(Read(With(CborBytes.Map((CborBytes.Text("iss"), CborBytes.Text("somebody"))))).FindText("iss"));
        AssertRefused("unprotected header: parameter x is malformed", With(CborBytes.Map((CborBytes.Text("x"), [0xF7]))));
        AssertRefused("the unprotected header is not a map", With(CborBytes.Int(0)));
    }

    [Fact]
    public void Refuses_OneLabel_InBothHeaders()
    {
        var message = CborBytes.Array(
            CborBytes.Bytes(CborBytes.Map(s_alg, (CborBytes.Text("iss"), CborBytes.Text("a")))),
            CborBytes.Map((CborBytes.Text("iss"), CborBytes.Text("b"))), CborBytes.Bytes([1]), CborBytes.Bytes([2]));

        AssertRefused("repeats an earlier one", message);
    }

    [Fact]
    public void Refuses_RepeatedLabels() => AssertRefused("repeats an earlier one", Message(CborBytes.Map(s_alg, s_alg), [1], [2]));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(33)]
    [InlineData(34)]
    public void Refuses_KnownParameters_OfAnotherType(int label)
    {
        (byte[], byte[]) wrong = (CborBytes.Int(label), CborBytes.Map());
        var header = label == 1 ? CborBytes.Map(wrong) : CborBytes.Map(s_alg, wrong);

        AssertRefused($"parameter #{label} is malformed", Message(header, [1], [2]));
    }

    [Fact]
    public void Refuses_CriticalParameters_ThatAreNotKnown()
    {
        byte[] Critical(byte[] label) => Message(
            CborBytes.Map(
                s_alg, (CborBytes.Int(2), CborBytes.Array(label)), (CborBytes.Text("iss"), CborBytes.Text("a")),
                (CborBytes.Int(99), CborBytes.Int(0))),
            [1], [2]);

        AssertRefused("calls parameter #99 critical", Critical(CborBytes.Int(99)));
        AssertRefused("calls parameter feed critical", Critical(CborBytes.Text("feed")));
        Assert.Equal("a", Read(Critical(CborBytes.Text("iss"))).FindText("iss"));
    }

    [Fact]
    public void Refuses_MessagesWithoutAlgorithm() =>
        AssertRefused("names no algorithm", Message(CborBytes.Map((CborBytes.Text("iss"), CborBytes.Text("a"))), [1], [2]));

    [Fact]
    public void Refuses_MessagesWithoutPayload() => AssertRefused(
        "a message without its payload cannot be verified",
        CborBytes.Array(CborBytes.Bytes(CborBytes.Map(s_alg)), CborBytes.Map(), [0xF6], CborBytes.Bytes([2])));

    [Fact]
    public void Refuses_BytesAfterTheMessage() => AssertRefused("bytes follow it", [.. Message([0xA1, 0x01, 0x26], [1], [2]), 0]);

    [Fact]
    public void Refuses_BytesAfterTheProtectedMap() =>
        AssertRefused("bytes follow the protected header's map", Message([0xA1, 0x01, 0x26, 0x00], [1], [2]));

    [Fact]
    public void Refuses_OtherArrays() =>
        AssertRefused("not an array of four items", CborBytes.Array(CborBytes.Int(1), CborBytes.Int(2), CborBytes.Int(3)));

    [Fact]
    public void Refuses_MessagesBeyondTheLimit() => AssertRefused("larger than", new byte[CoseSign1.MaxSize + 1]);

    [Fact]
    public void Refuses_MoreCertificatesThanAnyChainHas() => AssertRefused(
        "parameter #33 is malformed",
        Message(CborBytes.Map(s_alg, (CborBytes.Int(33), CborBytes.Array([.. Enumerable.Repeat(CborBytes.Bytes([1]), 9)]))), [1], [2]));

    [Fact]
    public void Refuses_SigningTimes_ThatNoCalendarHas() => AssertRefused(
        "parameter signingtime is malformed",
        Message(CborBytes.Map(s_alg, (CborBytes.Text("signingtime"), CborBytes.Tag(1, CborBytes.Int(long.MaxValue)))), [1], [2]));

    private static byte[] Message(byte[] protectedHeader, byte[] payload, byte[] signature) =>
        CborBytes.Tag(
            18, CborBytes.Array(CborBytes.Bytes(protectedHeader), CborBytes.Map(), CborBytes.Bytes(payload), CborBytes.Bytes(signature)));

    private static CoseSign1 Read(byte[] bytes)
    {
        Assert.True(CoseSign1.TryRead(bytes, out var message, out var error), error);
        return message;
    }

    private static void AssertRefused(string reason, byte[] bytes)
    {
        Assert.False(CoseSign1.TryRead(bytes, out var message, out var error));
        Assert.Null(message);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }
}
