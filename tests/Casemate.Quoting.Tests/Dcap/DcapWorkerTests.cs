using System.IO.Pipes;
using System.Text;
using Casemate.Quoting.Dcap;

namespace Casemate.Quoting.Tests.Dcap;

/// <summary>The worker's side of the protocol, with a library that needs no compiler.</summary>
public sealed class DcapWorkerTests : IDisposable
{
    private static readonly byte[] Load = DcapWorkerFrame.Write(DcapWorkerMessage.Load, "/somewhere"u8.ToArray());

    private readonly AnonymousPipeServerStream _requests = new(PipeDirection.Out);
    private readonly AnonymousPipeServerStream _answers = new(PipeDirection.In);
    private readonly List<string> _loaded = [];
    private readonly Task _serving;

    public DcapWorkerTests()
    {
        var requests = new AnonymousPipeClientStream(PipeDirection.In, _requests.ClientSafePipeHandle);
        var answers = new AnonymousPipeClientStream(PipeDirection.Out, _answers.ClientSafePipeHandle);
        _serving = Task.Factory.StartNew(
            () => DcapWorker.Serve(requests, answers, directory =>
            {
                _loaded.Add(directory);
                return directory == "/nothing"
                    ? throw new QuoteProviderException(AesmError.InterfaceUnavailable, "no library")
                    : new Library();
            }),
            TaskCreationOptions.LongRunning);
    }

    public void Dispose()
    {
        _requests.Dispose();
        Assert.True(_serving.Wait(TimeSpan.FromMinutes(1)), "The worker did not end with its requests.");
        _answers.Dispose();
    }

    [Fact]
    public async Task LoadsTheLibrary_FromTheDirectoryThatIsNamed()
    {
        var answer = await AskAsync(Load);

        Assert.Equal(DcapWorkerMessage.Loaded, answer.Message);
        Assert.Equal("fake", Encoding.UTF8.GetString(answer.Content.Span));
        Assert.Equal(["/somewhere"], _loaded);
    }

    [Fact]
    public async Task InitialisesAndQuotes()
    {
        await AskAsync(Load);

        var target = await AskAsync(DcapWorkerFrame.Write(DcapWorkerMessage.Initialise, new byte[] { 1 }));
        var quote = await AskAsync(DcapWorkerFrame.Write(DcapWorkerMessage.Quote, new byte[432], new byte[960]));

        Assert.Equal(DcapWorkerMessage.Initialised, target.Message);
        Assert.Equal(512 + 32 + 4, target.Content.Length);
        Assert.Equal(DcapWorkerMessage.Quoted, quote.Message);
        Assert.Equal(960 + 500, quote.Content.Length);
        Assert.Equal(9, quote.Content.Span[959]);
    }

    [Fact]
    public async Task TellsWhatTheLibraryReturned_AndByWhichFunction()
    {
        await AskAsync(Load);

        var answer = await AskAsync(DcapWorkerFrame.Write(DcapWorkerMessage.Initialise, new byte[] { 0 }));

        Assert.Equal(DcapWorkerMessage.Refused, answer.Message);
        Assert.Equal([0x11, 0xE0, 0, 0], answer.Content[..4].ToArray());
        Assert.Equal("a_function", Encoding.UTF8.GetString(answer.Content.Span[4..]));
    }

    [Fact]
    public async Task TellsThatThereIsNoLibrary_AndCanBeToldToLookElsewhere()
    {
        var answer = await AskAsync(DcapWorkerFrame.Write(DcapWorkerMessage.Load, "/nothing"u8.ToArray()));

        Assert.Equal(DcapWorkerMessage.Failed, answer.Message);
        Assert.Equal((byte)AesmError.InterfaceUnavailable, answer.Content.Span[0]);
        Assert.Equal(DcapWorkerMessage.Loaded, (await AskAsync(Load)).Message);
    }

    public static TheoryData<byte, int> Unexpected => new() { { 2, 1 }, { 3, 432 }, { 0, 0 }, { 9, 5 }, { 0x82, 3 } };

    [Theory]
    [MemberData(nameof(Unexpected))]
    public async Task RequestBeforeTheLibraryIsLoaded_IsRefused(byte message, int size)
    {
        var answer = await AskAsync(DcapWorkerFrame.Write((DcapWorkerMessage)message, new byte[size]));

        Assert.Equal(DcapWorkerMessage.Failed, answer.Message);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(2, 2)]
    [InlineData(3, 431)]
    [InlineData(3, 433)]
    [InlineData(3, 1391)]
    [InlineData(3, 1393)]
    public async Task RequestOfAnotherSize_OrASecondLoad_IsRefused(byte message, int size)
    {
        await AskAsync(Load);

        var answer = await AskAsync(DcapWorkerFrame.Write((DcapWorkerMessage)message, new byte[size]));

        Assert.Equal(DcapWorkerMessage.Failed, answer.Message);
        Assert.Equal((byte)AesmError.Unexpected, answer.Content.Span[0]);
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("FFFFFFFF")]
    [InlineData("01800100")]
    [InlineData("0000")]
    [InlineData("0500000001")]
    public async Task BytesThatAreNoFrame_AreInvalid(string hex)
    {
        using var source = new MemoryStream(Convert.FromHexString(hex));

        await Assert.ThrowsAsync<InvalidDataException>(() => DcapWorkerFrame.ReadAsync(source, default).AsTask());
    }

    private async Task<DcapWorkerFrame> AskAsync(byte[] frame)
    {
        await _requests.WriteAsync(frame);
        return (await DcapWorkerFrame.ReadAsync(_answers, default)).GetValueOrDefault();
    }

    private sealed class Library : IDcapLibrary
    {
        public string Name => "fake";

        public QuotingTarget Initialise(bool refresh) =>
            refresh ? new QuotingTarget(new byte[512], new byte[32], 500) : throw new DcapCallException("a_function", 0xE011);

        public byte[] Quote(ReadOnlySpan<byte> report, Span<byte> qeReportInfo)
        {
            qeReportInfo.Fill(9);
            return new byte[500];
        }
    }
}
