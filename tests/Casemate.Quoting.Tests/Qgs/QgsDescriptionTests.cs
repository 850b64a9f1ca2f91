using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Quoting.Qgs;
using Casemate.Quoting.Simulated;
using Casemate.Quoting.Tests.Guests;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Quoting.Tests.Qgs;

/// <summary>What a QGS says besides quotes: collateral, and what the machine is. Messages are made and taken apart by hand.</summary>
public sealed class QgsDescriptionTests : IAsyncLifetime, ICollateralSource
{
    private static readonly SimulatedDcap s_machine = SimulatedGuests.Platform.Dcap;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new(SimulatedGuests.Now);
    private DcapCollateralQuery? _asked;
    private Func<DcapCollateral?>? _answer;
    private QgsServer _server = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Serve(new SimulatedTdQuoteProvider(s_machine), this);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("platform", true)]
    [InlineData("platform\0", true)]
    [InlineData("processor\0", false)]
    public async Task GivesCollateral_AsIntelsProviderLibraryDoes(string pckCa, bool isPlatformCa)
    {
        var answer = await ExchangeAsync(Request(2, Convert.FromHexString("990077000000"), Encoding.ASCII.GetBytes(pckCa)));

        Assert.Equal((3u, 0u), (Number(answer, 4), Number(answer, 12)));
        Assert.Equal((3, 0), (answer[16], answer[18]));
        var parts = Parts(answer, 7, 20, 48);
        Assert.All(parts, part => Assert.EndsWith("\0", part, StringComparison.Ordinal));
        var expected = s_machine.Collateral(Tee.Tdx, SimulatedGuests.Now);
        Assert.Equal(
            new DcapCollateralQuery(Tee.Tdx, "990077000000", isPlatformCa) { CertificationDataType = CertificationDataType.PckLeaf },
            _asked);
        Assert.Equal(Convert.ToHexStringLower(expected.RootCaCrl.Span) + "\0", parts[1]);
        Assert.Equal(Convert.ToHexStringLower(expected.PckCrl.Span) + "\0", parts[2]);
        AssertSigned(expected.TcbInfo, "tcbInfo", parts[3], parts[4]);
        AssertSigned(expected.QeIdentity, "enclaveIdentity", parts[5], parts[6]);
        var issuers = new X509Certificate2Collection();
        issuers.ImportFromPem(parts[0]);
        Assert.Equal(2, issuers.Count);
        Assert.Equal(issuers[1].Subject, issuers[0].Issuer);
        Assert.Contains("Platform CA", issuers[0].Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakesRevocationLists_InEveryFormThatSourcesHave()
    {
        var collateral = s_machine.Collateral(new DcapCollateralQuery(Tee.Tdx, "990077000000", true)
        {
            CertificationDataType = CertificationDataType.PckLeaf,
        }, SimulatedGuests.Now)!;
        var hex = Convert.ToHexStringLower(collateral.RootCaCrl.Span);
        foreach (var form in new[] { hex, PemEncoding.WriteString("X509 CRL", collateral.RootCaCrl.Span) })
        {
            _answer = () => collateral with { RootCaCrl = Encoding.ASCII.GetBytes(form) };
            Assert.Equal(hex + "\0", Parts(await ExchangeAsync(Request(2, new byte[6], "platform"u8.ToArray())), 7, 20, 48)[1]);
        }
    }

    [Theory]
    [InlineData("9900770000", "platform", QgsError.InvalidParameter)]
    [InlineData("99007700000000", "platform", QgsError.InvalidParameter)]
    [InlineData("", "", QgsError.InvalidParameter)]
    [InlineData("990077000000", "root", QgsError.InvalidParameter)]
    [InlineData("000000000001", "platform", QgsError.Unexpected)]
    public async Task RefusesWhatIsNoPlatform_AndWhatItHasNothingOf(string fmspc, string pckCa, QgsError expected)
    {
        _answer = () => null;
        var answer = await ExchangeAsync(Request(2, Convert.FromHexString(fmspc), Encoding.ASCII.GetBytes(pckCa)));

        Assert.Equal(48, answer.Length);
        Assert.Equal((3u, (uint)expected), (Number(answer, 4), Number(answer, 12)));
        Assert.True(answer.AsSpan(16).IndexOfAnyExcept((byte)0) < 0);
    }

    [Theory]
    [InlineData("no chain")]
    [InlineData("no list")]
    [InlineData("a fault")]
    public async Task AnswersAnError_NotHalfOfTheCollateral(string what)
    {
        var whole = s_machine.Collateral(Tee.Tdx, SimulatedGuests.Now);
        _answer = () => what switch
        {
            "no chain" => whole with { PckCertificateChainPem = null },
            "no list" => whole with { PckCrl = "<html>"u8.ToArray(), PckCertificateChainPem = whole.TcbInfo.IssuerChainPem },
            _ => throw new HttpRequestException("no route"),
        };
        var answer = await ExchangeAsync(Request(2, new byte[6], "platform"u8.ToArray()));

        Assert.Equal((48, (uint)QgsError.Unexpected), (answer.Length, Number(answer, 12)));
    }

    [Fact]
    public async Task TellsWhatTheMachineIs()
    {
        var answer = await ExchangeAsync(Request(4));

        Assert.Equal((28 + 32, 5u, 0u), (answer.Length, Number(answer, 4), Number(answer, 12)));
        Assert.Equal(s_machine.Scenario.TdQuotingEnclave.IsvSvn, BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(16)));
        Assert.Equal(s_machine.Scenario.Machine.PceSvn, BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(18)));
        Assert.Equal((16u, 16u), (Number(answer, 20), Number(answer, 24)));
        var quote = s_machine.QuoteTdx(SimulatedGuests.Td, new byte[64]);
        Assert.Equal(quote[28..44], answer[28..44]);                       // QE_ID, which is in the header of every quote
        Assert.Equal(s_machine.CpuSvn, answer[44..]);
    }

    [Theory]
    [InlineData(2, 48)]
    [InlineData(4, 28)]
    public async Task SaysThatItDoesNotAnswer_WhatNobodyBehindItKnows(int type, int size)
    {
        await _server.DisposeAsync();
        Serve(new UnknownMachine(), null);
        var answer = await ExchangeAsync(type == 2 ? Request(2, new byte[6], "platform"u8.ToArray()) : Request(4));

        Assert.Equal((size, (uint)type + 1, (uint)QgsError.InvalidType), (answer.Length, Number(answer, 4), Number(answer, 12)));
    }

    ValueTask<DcapCollateral?> ICollateralSource.FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken)
    {
        _asked = query;
        return ValueTask.FromResult(_answer is null ? s_machine.Collateral(query, SimulatedGuests.Now) : _answer());
    }

    ValueTask<SnpEndorsements?> ICollateralSource.FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("QGS asks for nothing of AMD's.");

    private static void AssertSigned(SignedDocument expected, string name, string chain, string document)
    {
        Assert.Equal(Encoding.ASCII.GetString(expected.IssuerChainPem.Span).TrimEnd('\0') + "\0", chain);
        Assert.Contains(Encoding.UTF8.GetString(expected.Body.Span), document, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(document.TrimEnd('\0'));
        Assert.Equal(Encoding.UTF8.GetString(expected.Body.Span), json.RootElement.GetProperty(name).GetRawText());
        Assert.Equal(Convert.ToHexStringLower(expected.Signature.Span), json.RootElement.GetProperty("signature").GetString());
    }

    private static uint Number(byte[] message, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(offset));

    private static string[] Parts(byte[] message, int count, int sizesAt, int dataAt)
    {
        var parts = new string[count];
        for (var i = 0; i < count; i++)
        {
            var size = (int)Number(message, sizesAt + (4 * i));
            parts[i] = Encoding.ASCII.GetString(message, dataAt, size);
            dataAt += size;
        }

        Assert.Equal(message.Length, dataAt);
        return parts;
    }

    private static byte[] Request(int type, byte[]? first = null, byte[]? second = null)
    {
        var message = first is null ? new byte[16] : [.. new byte[24], .. first, .. second!];
        message[0] = 1;
        message[2] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(8), message.Length);
        if (first is not null)
        {
            BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(16), first.Length);
            BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(20), second!.Length);
        }

        return message;
    }

    private void Serve(ITdQuoteProvider provider, ICollateralSource? collateral)
    {
        _server = new QgsServer(provider, new QgsServerOptions(), _time, collateral: collateral);
        _server.Listen(_directory.File("qgs.socket"));
    }

    private async Task<byte[]> ExchangeAsync(byte[] message)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_directory.File("qgs.socket")), Ct);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, message.Length);
        await socket.SendAsync((byte[])[.. length, .. message], Ct);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        await stream.ReadExactlyAsync(length, Ct);
        var answer = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(answer, Ct);
        Assert.Equal((1, 1, (uint)answer.Length), (answer[0], answer[2], Number(answer, 8)));
        Assert.Equal(0, await stream.ReadAsync(new byte[1], Ct));
        return answer;
    }

    private sealed class UnknownMachine : ITdQuoteProvider
    {
        public string Name => "unknown";

        public bool Simulated => true;

        public int MaximumConcurrency => 1;

        public ValueTask<byte[]> QuoteAsync(ReadOnlyMemory<byte> tdReport, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Nobody asks for a quote.");
    }
}
