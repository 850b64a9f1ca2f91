using static Casemate.Quoting.Tests.Aesm.RawClient;

namespace Casemate.Quoting.Tests.Aesm;

/// <summary>What each message is answered with, byte by byte.</summary>
public sealed class AesmRequestTests : IAsyncLifetime
{
    private static readonly byte[] s_keyId = AttestationKeyId.IntelQe3.Bytes.ToArray();
    private static readonly byte[] s_otherKeyId = Other(157);
    private static readonly byte[] s_timeout = Field(9, 15000);
    private readonly TestServer _server = new();

    public static TheoryData<int, byte[]> Epid => new()
    {
        { 1, [] },
        { 2, [.. Field(1, new byte[432]), .. Field(2, 1), .. Field(3, new byte[16]), .. Field(6, 4096)] },
        { 3, [.. Field(1, new byte[32])] },
        { 4, [.. Field(1, new byte[8]), .. Field(2, 1), .. Field(3, 64)] },
        { 10, [] },
        { 11, Field(1, 100) },
        { 12, s_timeout },
        { 13, Field(1, 0) },
        { 14, [.. Field(1, new byte[8]), .. Field(2, 0)] },
        { 18, [.. Field(2, 64), .. Field(3, 0)] },
    };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public Task SupportedKeyIdNum_IsOne() => AssertAnswerAsync(21, s_timeout, [.. Field(1, 0), .. Field(2, 1)]);

    [Fact]
    public Task SupportedKeyIds_AreIntelsQe3() => AssertAnswerAsync(22, Field(1, 256), [.. Field(1, 0), .. Field(2, s_keyId)]);

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(257)]
    [InlineData(512)]
    public Task SupportedKeyIds_WantABufferOfExactlyTheirSize(uint size) => AssertErrorAsync(22, Field(1, size), 3);

    [Fact]
    public Task Select_WithoutAList_GivesTheKey() => AssertAnswerAsync(19, Field(2, 15000), [.. Field(1, 0), .. Field(2, s_keyId)]);

    [Fact]
    public Task Select_FindsTheKeyInTheList() => AssertAnswerAsync(
        19, Field(1, List(2, [.. s_otherKeyId, .. s_keyId])), [.. Field(1, 0), .. Field(2, s_keyId)]);

    [Fact]
    public Task Select_ComparesNoMoreThan158Bytes() => AssertAnswerAsync(
        19, Field(1, List(1, Other(158))), [.. Field(1, 0), .. Field(2, s_keyId)]);

    [Fact]
    public Task Select_OfAnotherKey_IsUnsupported() => AssertErrorAsync(19, Field(1, List(1, s_otherKeyId)), 38);

    [Fact]
    public Task Select_FromAnEmptyList_IsUnsupported() => AssertErrorAsync(19, Field(1, List(0, [])), 38);

    [Fact]
    public async Task Select_RefusesAListThatIsNone()
    {
        await AssertErrorAsync(19, Field(1, []), 3);
        await AssertErrorAsync(19, Field(1, List(2, s_keyId)), 3);
        await AssertErrorAsync(19, Field(1, [.. List(1, s_keyId), 0]), 3);
        await AssertErrorAsync(19, Field(1, List(11, new byte[11 * 256])), 3);
        await AssertErrorAsync(19, Field(1, List(0x01000001, s_keyId)), 3);
        await AssertErrorAsync(19, Field(1, [1, .. List(1, s_keyId)[1..]]), 3);
        await AssertErrorAsync(19, Field(1, [0, 0, 1, .. List(1, s_keyId)[3..]]), 3);
    }

    [Fact]
    public Task Init_WithoutABuffer_GivesTargetInfoAndSizeAlone() => AssertAnswerAsync(
        15, [.. Field(1, s_keyId), .. Field(3, 0)], [.. Field(1, 0), .. Field(2, TargetInfo), .. Field(3, 32)]);

    [Theory]
    [InlineData(32)]
    [InlineData(1000)]
    public Task Init_WithABuffer_GivesExactly32BytesOfPublicKeyId(uint bufferSize) => AssertAnswerAsync(
        15, [.. Field(1, s_keyId), .. Field(3, 1), .. Field(4, bufferSize)],
        [.. Field(1, 0), .. Field(2, TargetInfo), .. Field(3, 32), .. Field(4, TestServer.Machine.QuotingEnclave.PublicKeyId.Span)]);

    [Fact]
    public async Task Init_RefusesABufferThatIsTooSmall()
    {
        await AssertErrorAsync(15, [.. Field(1, s_keyId), .. Field(3, 1), .. Field(4, 31)], 3);
        await AssertErrorAsync(15, [.. Field(1, s_keyId), .. Field(3, 1)], 3);
    }

    [Fact]
    public async Task Init_SaysWhyThereIsNoKey()
    {
        _server.Service.InitialisationError = AesmError.NoPlatformCertificate;
        await AssertErrorAsync(15, [.. Field(1, s_keyId), .. Field(3, 0)], 44);
    }

    [Fact]
    public async Task Size_IsThatOfTheQuote()
    {
        await AssertErrorAsync(16, Field(1, s_keyId), 42);
        await InitialiseAsync();
        var size = (uint)TestServer.Machine.QuotingEnclave.QuoteSize;
        await AssertAnswerAsync(16, Field(1, s_keyId), [.. Field(1, 0), .. Field(2, size)]);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    public async Task EveryCall_RefusesAnotherKey(int message)
    {
        var field = message == 17 ? 2 : 1;
        byte[] rest = message switch
        {
            15 => Field(3, 0),
            17 => [.. Field(1, TestServer.Report), .. Field(4, 8192)],
            _ => [],
        };
        await AssertErrorAsync(message, [.. Field(field, s_otherKeyId), .. rest], 38);
        await AssertErrorAsync(message, [.. Field(field, s_keyId.AsSpan(0, 255)), .. rest], 3);
        await AssertErrorAsync(message, rest, 3);
    }

    [Fact]
    public async Task Quote_BeforeInit_SaysThatThereIsNoKey()
    {
        await AssertErrorAsync(17, QuoteRequest(TestServer.Report, 8192), 42);
    }

    [Fact]
    public async Task Quote_RefusesWrongSizes()
    {
        await InitialiseAsync();
        var size = (uint)TestServer.Machine.QuotingEnclave.QuoteSize;
        await AssertErrorAsync(17, QuoteRequest(TestServer.Report[..^1], 8192), 3);
        await AssertErrorAsync(17, QuoteRequest([.. TestServer.Report, 0], 8192), 3);
        await AssertErrorAsync(17, QuoteRequest([], 8192), 3);
        await AssertErrorAsync(17, [.. QuoteRequest(TestServer.Report, 8192), .. Field(3, new byte[959])], 3);
        await AssertErrorAsync(17, [.. QuoteRequest(TestServer.Report, 8192), .. Field(3, [])], 3);
        await AssertErrorAsync(17, QuoteRequest(TestServer.Report, size - 1), 3);
        Assert.Empty(_server.Service.Asked);
    }

    [Fact]
    public async Task Quote_WithQeReportInfo_GivesBoth()
    {
        await InitialiseAsync();
        var asked = new byte[960];
        TargetInfo.CopyTo(asked, 16);
        using var client = _server.Connect();
        var answer = await client.ExchangeAsync(Frame(17, [.. QuoteRequest(TestServer.Report, 8192), .. Field(3, asked)]));

        Assert.NotNull(answer);
        Assert.True(TestServer.Machine.QuotingEnclave.Accepts(answer.AsSpan()[^432..]), "the last field is the QE report information");
    }

    [Theory]
    [InlineData(18)]
    [InlineData(30)]
    [InlineData(44)]
    public async Task Quote_PassesOnTheCodeOfTheService(int code)
    {
        await InitialiseAsync();
        _server.Service.BeforeQuote = _ => throw new QuoteProviderException((AesmError)code, "as the test wants it");
        await AssertErrorAsync(17, QuoteRequest(TestServer.Report, 8192), (uint)code);
    }

    [Fact]
    public async Task AFaultOfOurs_IsAnswered_AndReported()
    {
        await InitialiseAsync();
        _server.Service.BeforeQuote = _ => throw new InvalidOperationException("a fault");
        using var client = _server.Connect();
        var frame = Frame(17, QuoteRequest(TestServer.Report, 8192));

        Assert.Equal(Frame(17, Field(1, 1))[4..], await client.ExchangeAsync(frame));
        Assert.Equal("faulted: a fault", await _server.Events.WaitAsync("faulted"));
        _server.Service.BeforeQuote = null;
        Assert.True((await client.ExchangeAsync(frame))!.Length > 4000, "the connection lives on");
    }

    [Theory]
    [MemberData(nameof(Epid))]
    public Task EpidAndLaunch_AreRefusedInTheirOwnMessage(int message, byte[] content) => AssertErrorAsync(message, content, 30);

    [Theory]
    [InlineData(5)]
    [InlineData(20)]
    [InlineData(23)]
    [InlineData(1000)]
    public async Task UnknownMessages_GetMessage20(int message)
    {
        using var client = _server.Connect();
        Assert.Equal(Frame(20, Field(1, 1))[4..], await client.ExchangeAsync(Frame(message, 1, 2, 3)));
    }

    [Fact]
    public async Task UnknownFields_AreSkipped()
    {
        byte[] unknown = [.. Field(100, 7), .. Field(101, new byte[5]), (102 << 3 | 1) & 0x7F | 0x80, 102 >> 4, .. new byte[8]];
        await AssertAnswerAsync(21, unknown, [.. Field(1, 0), .. Field(2, 1)]);
    }

    [Fact]
    public async Task OfSeveralMessages_TheFirstInTheOrderOfTheServiceCounts()
    {
        using var client = _server.Connect();
        byte[] body = [.. Frame(21)[4..], .. Frame(1)[4..], .. Frame(22, Field(1, 256))[4..]];
        Assert.Equal(Frame(1, Field(1, 30))[4..], await client.ExchangeAsync([.. Length(body.Length), .. body]));
    }

    [Fact]
    public async Task Peer_IsWhatTheKernelSays()
    {
        await InitialiseAsync();
        using var client = _server.Connect();
        await client.ExchangeAsync(Frame(17, QuoteRequest(TestServer.Report, 8192)));

        var (peer, timeout) = Assert.Single(_server.Service.Asked);
        Assert.Equal(Environment.ProcessId, peer.Credential.ProcessId);
        Assert.Equal(_server.Path, peer.Endpoint);
        Assert.Null(timeout);
    }

    private static byte[] TargetInfo => TestServer.Machine.QuotingEnclave.TargetInfo.ToArray();

    private static byte[] Other(int changedByte)
    {
        var keyId = s_keyId.ToArray();
        keyId[changedByte] ^= 1;
        return keyId;
    }

    private static byte[] List(int count, byte[] keyIds) => [0, 0, 0, 0, .. Length(count), .. keyIds];

    private static byte[] QuoteRequest(byte[] report, uint bufferSize) =>
        [.. Field(1, report), .. Field(2, s_keyId), .. Field(4, bufferSize)];

    private Task InitialiseAsync() => _server.Client.InitialiseAsync(AttestationKeyId.IntelQe3, TestContext.Current.CancellationToken).AsTask();

    private Task AssertErrorAsync(int message, byte[] content, uint error) => AssertAnswerAsync(message, content, Field(1, error));

    private async Task AssertAnswerAsync(int message, byte[] content, byte[] expected)
    {
        using var client = _server.Connect();
        var answer = await client.ExchangeAsync(Frame(message, content));
        Assert.NotNull(answer);
        Assert.Equal(Convert.ToHexString(Frame(message, expected)[4..]), Convert.ToHexString(answer));
    }
}
