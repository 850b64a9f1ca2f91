using System.Net;
using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Collateral;
using Casemate.Quoting;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Simulated;
using Casemate.Serve.Quoting;
using Casemate.Simulator;
using Casemate.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Serve.Tests.Quoting;

/// <summary>The whole quote helper on a confidential guest without SGX, whose hardware is acted by the simulator.</summary>
public sealed class GuestQuoteHelperTests : IAsyncLifetime
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);
    private static readonly SimulatedPlatform s_platform = SimulatedPlatform.Create(s_noon);

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new(s_noon);
    private QuoteHelper? _helper;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await (_helper?.DisposeAsync() ?? ValueTask.CompletedTask);
        _directory.Dispose();
    }

    [Fact]
    public async Task SnpGuest_GivesEvidence_ThatVerifies_WithTheCertificatesOfItsHost()
    {
        await StartAsync(new SnpGuest());
        var (status, body) = await PostAsync("""{"reportData":"bm9uY2U=","collateral":true}""");

        Assert.Equal(HttpStatusCode.OK, status);
        var file = EvidenceBundle.Parse(body, "answer");
        var query = SnpEndorsementQuery.TryCreate(file.Evidence.Span)!;
        var endorsements = file.Included.FindSnp(query, s_noon, exact: true, out var problem);
        Assert.True(endorsements is not null, problem);
        var verdict = SnpReportVerifier.Verify(
            file.Evidence.Span, endorsements, s_platform.Allow(TrustRoots.None), s_noon,
            EvidencePolicy.Default with { ReportData = [.. "nonce"u8, .. new byte[59]] });
        Assert.DoesNotContain(verdict.Reasons, reason => reason.Id is not (CheckId.Identity or CheckId.SnpCrl));
        using var record = JsonDocument.Parse(File.ReadLines(_directory.File("quotes.jsonl")).Last());
        Assert.Equal("snp", record.RootElement.GetProperty("tee").GetString());
    }

    [Fact]
    public async Task Td_GivesEvidence_WithCollateralFromTheHelpersSource()
    {
        await StartAsync(new Td(), new SimulatedCollateralSource(s_platform, _time));

        Assert.Equal(HttpStatusCode.OK, (await PostAsync("""{"tee":"tdx","reportData":"AA==","collateral":true}""")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync("""{"tee":"snp","reportData":"AA=="}""")).Status);
        Assert.Equal(
            HttpStatusCode.NotFound, (await PostAsync($$"""{"report":"{{Convert.ToBase64String(new byte[432])}}"}""")).Status);
    }

    [Fact]
    public async Task Enclaves_AreToldThatThereIsNoDevice()
    {
        await StartAsync(new Td());
        var client = AesmClient.ForPath(_directory.File("s/aesm.socket"), TimeSpan.FromSeconds(30));

        var told = await Assert.ThrowsAsync<AesmClientException>(async () => await client.GetKeyIdCountAsync(Ct));
        Assert.Equal(AesmError.NoDevice, told.Error);
        Assert.Contains("evidence endpoint", told.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readiness_FollowsTheFirstEvidence()
    {
        var td = new Td { Fault = new EvidenceProviderException("No quote: the host's service cannot be reached.", isTransient: true) };
        await StartAsync(td);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(_helper!.HealthEndpoint!) };
        await TaskPatience.UntilAsync(() => td.Calls > 0);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/readyz", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await PostAsync("""{"reportData":"AA=="}""")).Status);

        td.Fault = null;
        var calls = td.Calls;
        await TaskPatience.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return td.Calls > calls;
        });
        await TaskPatience.UntilAsync(() => http.GetAsync("/readyz", Ct).GetAwaiter().GetResult().IsSuccessStatusCode);
        var metrics = await http.GetStringAsync("/metrics", Ct);
        Assert.Contains("casemate_quote_ready 1\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("\ncasemate_quote_key_age_seconds", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("casemate_quote_key_initialisations_total{", metrics, StringComparison.Ordinal);
    }

    private async Task StartAsync(IGuestEvidenceProvider guest, ICollateralSource? collateral = null)
    {
        var source = NodeEvidenceSource.Of(guest);
        _helper = await QuoteHelper.StartAsync(
            new QuoteHelperOptions
            {
                Provider = new NoEnclaveProvider(source, 1),
                Sources = [source],
                Collateral = collateral,
                Sockets = [_directory.File("s/aesm.socket")],
                EvidenceSocket = _directory.File("s/evidence.socket"),
                Health = "127.0.0.1:0",
                AuditPath = _directory.File("quotes.jsonl"),
                Audit = new QuoteAuditLogOptions { Flush = AuditFlush.Never },
            },
            NullLoggerFactory.Instance, _time, Ct);
    }

    private async Task<(HttpStatusCode Status, byte[] Body)> PostAsync(string json)
    {
        using var http = UnixHttp.ClientOf(_directory.File("s/evidence.socket"));
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        using var answer = await http.PostAsync(EvidenceEndpoint.Path, body, Ct);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(Ct));
    }

    private sealed class Td : IGuestEvidenceProvider
    {
        private int _calls;

        public EvidenceProviderException? Fault { get; set; }

        public int Calls => Volatile.Read(ref _calls);

        public Tee Tee => Tee.Tdx;

        public string Name => "tsm";

        public ValueTask<GuestEvidence> GetAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
        {
            var fault = Fault;
            Interlocked.Increment(ref _calls);
            return fault is not null ? throw fault
                : ValueTask.FromResult(new GuestEvidence(
                    Tee.Tdx, s_platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, reportData.Span)));
        }
    }

    private sealed class SnpGuest : IGuestEvidenceProvider
    {
        private static readonly SimulatedSnp s_machine = s_platform.Snp(SnpProduct.Genoa);

        public Tee Tee => Tee.Snp;

        public string Name => "snp-guest";

        public ValueTask<GuestEvidence> GetAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
        {
            var chain = s_machine.Endorsements(s_noon);
            return ValueTask.FromResult(
                new GuestEvidence(
                    Tee.Snp, s_machine.Report(new SimulatedGuest { Measurement = new byte[48] }, reportData.Span, version: 5))
                {
                    CertificateTable = CertificateTableBytes.Write(
                        (CertificateTableBytes.Vcek, chain.Vek.ToArray()), (CertificateTableBytes.Ask, chain.Ask.ToArray()),
                        (CertificateTableBytes.Ark, chain.Ark.ToArray())),
                });
        }
    }
}
