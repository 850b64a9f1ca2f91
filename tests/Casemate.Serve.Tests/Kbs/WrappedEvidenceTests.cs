using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tests.Azure;
using Casemate.Attestation.Tdx;
using Casemate.Broker;
using Casemate.Primitives.Text;
using Casemate.Simulator;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.Serve.Tests.Kbs;

/// <summary>Evidence of Azure confidential VMs and of TDs with their event log, on the wire.</summary>
public sealed class WrappedEvidenceTests
{
    private const string Secret = "/kbs/v0/resource/default/key/1";
    private const string InitData = "version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\n\"note\" = \"hello\"\n";

    private static readonly string s_measurement = Convert.ToHexStringLower(SimulatedHardware.Measurement(48));
    private static readonly byte[] s_log = EventLogWriter.Ovmf().ToArray();
    private static readonly string s_azure =
        $$"""
        name: azure
        tees: [az-snp-vtpm, az-tdx-vtpm]
        snp: { measurements: [{{s_measurement}}] }
        tdx: { mrTds: [{{s_measurement}}] }
        vtpm: { pcrs: { 11: [{{Convert.ToHexStringLower(AzureVm.Pcrs[11])}}] } }
        """;

    private static readonly string s_logged =
        $$"""
        name: logged
        tees: [tdx]
        tdx:
          mrTds: [{{s_measurement}}]
          eventLog: {}
        """;

    [Theory]
    [InlineData("az-snp-vtpm")]
    [InlineData("az-tdx-vtpm")]
    public async Task Serves_AnAzureVm_AndSaysInTokenAndRecordWhatBooted(string tee)
    {
        await using var fixture = await StartAsync(s_azure);
        using var workload = TestWorkload.WithEcKey();
        byte[] bound = [];
        using var response = await fixture.AttestAsync(tee, workload, d => Azure(tee, bound = d));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.OK, body);

        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(await fixture.Client.GetByteArrayAsync(Secret)));
        var annotated = Annotated(body);
        Assert.Equal(Convert.ToHexStringLower(bound), (string)annotated["report_data"]!);
        var claims = annotated[tee]!;
        Assert.Equal(Convert.ToHexStringLower(bound), (string)claims["report_data"]!);
        Assert.Equal(Convert.ToHexStringLower(AzureVm.Pcrs[8]), (string)claims["init_data"]!);
        Assert.Equal(24, claims["tpm"]!.AsObject().Count);
        Assert.Equal(Convert.ToHexStringLower(AzureVm.Pcrs[3]), (string)claims["tpm"]!["pcr03"]!);
        Assert.Equal(Convert.ToHexStringLower(AzureVm.Pcrs[11]), (string)claims["tpm"]!["pcr11"]!);
        Assert.Equal(s_measurement, (string)(tee is "az-snp-vtpm" ? claims["measurement"] : claims["quote"]!["body"]!["mr_td"])!);

        var record = Records(fixture).First();
        Assert.Equal("allowed", (string)record["outcome"]!);
        Assert.Equal(tee, (string)record["tee"]!);
        Assert.Equal(Convert.ToHexStringLower(AzureVm.Pcrs[11]), (string)record["measurements"]!["PCR11"]!);
        Assert.Equal(s_measurement, (string)record["measurements"]![tee is "az-snp-vtpm" ? "MEASUREMENT" : "MRTD"]!);
        var passed = record["verdict"]!["passed"]!.AsArray().Select(n => (string)n!).ToList();
        Assert.Superset(
            new HashSet<string> { "RuntimeData", "VtpmQuoteSignature", "VtpmPcrDigest", "VtpmNonce", "VtpmUserData", "VtpmPcrs" },
            passed.ToHashSet());
    }

    [Theory]
    [InlineData("the nonce of another handshake", 401, "AttestationFailed", "VtpmNonce")]
    [InlineData("a nonce cut short", 401, "AttestationFailed", "VtpmNonce")]
    [InlineData("runtime data that the hardware did not bind", 401, "AttestationFailed", "RuntimeData")]
    [InlineData("a quote signed by another key", 401, "AttestationFailed", "VtpmQuoteSignature")]
    [InlineData("PCR values that were not quoted", 401, "AttestationFailed", "VtpmPcrDigest")]
    [InlineData("runtime data without the nonce", 401, "AttestationFailed", "VtpmUserData")]
    [InlineData("another kernel", 403, "PolicyDeny", "VtpmPcrs")]
    [InlineData("a quote without the PCR", 403, "PolicyDeny", "VtpmPcrs")]
    [InlineData("another paravisor", 403, "PolicyDeny", "Identity")]
    public async Task Refuses_AzureVm_With(string what, int status, string error, string check)
    {
        await using var fixture = await StartAsync(s_azure);
        foreach (var tee in (string[])["az-snp-vtpm", "az-tdx-vtpm"])
        {
            using var workload = TestWorkload.WithEcKey();
            using var response = await fixture.AttestAsync(tee, workload, d => Write(tee, Wrong(what, d)));
            var detail = await ServeFixture.ErrorAsync(response, status, error);
            Assert.Contains(check, detail, StringComparison.Ordinal);
            using var denied = await fixture.Client.GetAsync(Secret);
            Assert.Equal(HttpStatusCode.Unauthorized, denied.StatusCode);
        }
    }

    [Fact]
    public async Task Refuses_AzureVm_ThatCallsItselfOlder_WhereThePolicyWantsTheNonceInBothPlaces()
    {
        await using var fixture = await StartAsync(s_azure + "\n");
        await using var strict = await StartAsync(s_azure[..^2] + ", requireUserData: true }");
        foreach (var (service, accepted) in ((ServeFixture, bool)[])[(fixture, true), (strict, false)])
        {
            using var workload = TestWorkload.WithEcKey();
            using var response = await service.AttestAsync(
                "az-snp-vtpm", workload, d => Write("az-snp-vtpm", Vm(d, AzureVm.RuntimeDataOf(null), version: 1)));
            Assert.Equal(accepted, response.StatusCode is HttpStatusCode.OK);
            if (!accepted)
            {
                Assert.Contains(
                    "VtpmUserData", await ServeFixture.ErrorAsync(response, 401, "AttestationFailed"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Refuses_VtpmEvidence_ThatThePolicyDoesNotName_BeforeAnyEvidenceIsSent()
    {
        await using var fixture = await ServeFixture.StartAsync();
        using var response = await fixture.PostAsync("/kbs/v0/auth", TestWorkload.AuthRequest("az-snp-vtpm"));
        var detail = await ServeFixture.ErrorAsync(response, 403, "UnsupportedTee");
        Assert.Contains("does not accept evidence of 'az-snp-vtpm'", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_PlainEvidence_WhereThePolicyHasRulesForAVtpm()
    {
        await using var fixture = await StartAsync(s_azure.Replace("az-snp-vtpm,", "snp,", StringComparison.Ordinal));
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync("snp", workload);
        Assert.Contains("VtpmPcrs", await ServeFixture.ErrorAsync(response, 403, "PolicyDeny"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("az-snp-vtpm", "{}", "version")]
    [InlineData("az-tdx-vtpm", """{"version":2}""", "tpm_quote")]
    [InlineData("az-snp-vtpm", """{"version":3}""", "version")]
    public async Task Refuses_MalformedAzureEvidence_NamingTheMember(string tee, string evidence, string member)
    {
        await using var fixture = await StartAsync(s_azure);
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync(tee, workload, _ => Encoding.UTF8.GetBytes(evidence));
        Assert.Contains(member, await ServeFixture.ErrorAsync(response, 400, "MalformedRequest"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("az-snp-vtpm", "certificates (VCEK or VLEK, ASK, ARK)")]
    [InlineData("az-tdx-vtpm", "collateral of platform FMSPC")]
    public async Task Names_WhatIsMissingToJudgeAnAzureVm(string tee, string missing)
    {
        await using var fixture = await ServeFixture.StartAsync(
            o => o with { Policy = AppraisalPolicy.Parse(s_azure), Collateral = new NoCollateral() });
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync(tee, workload, d => Azure(tee, d));
        Assert.Contains(missing, await ServeFixture.ErrorAsync(response, 503, "CollateralUnavailable"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_EvidenceOfTheOtherKindOfAzureVm()
    {
        await using var fixture = await StartAsync(s_azure);
        using var workload = TestWorkload.WithEcKey();
        using var snp = await fixture.AttestAsync("az-snp-vtpm", workload, d => Azure("az-tdx-vtpm", d));
        await ServeFixture.ErrorAsync(snp, 400, "MalformedRequest");
        using var crossed = await fixture.AttestAsync(
            "az-snp-vtpm", workload,
            d => (Vm(d).OnSnp() with { HclReport = Vm(d).OnTdx().HclReport }).Write());
        var detail = await ServeFixture.ErrorAsync(crossed, 400, "MalformedRequest");
        Assert.Contains("hcl_report holds no SEV-SNP report", detail, StringComparison.Ordinal);
        using var enclave = await fixture.AttestAsync(
            "az-tdx-vtpm", workload, d => (Vm(d).OnTdx() with
            {
                TdQuote = SimulatedHardware.Shared.Platform.Dcap.QuoteSgx(
                    new SimulatedEnclave { MrEnclave = SimulatedHardware.Measurement(32) }, new byte[64]),
            }).Write());
        Assert.Contains(
            "td_quote is no TDX quote", await ServeFixture.ErrorAsync(enclave, 400, "MalformedRequest"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("az-snp-vtpm")]
    [InlineData("az-tdx-vtpm")]
    public async Task Takes_InitDataOfAzureVms_OnlyAsPcr8HasIt(string tee)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(InitData));
        var pcr8 = SHA256.HashData([.. new byte[32], .. digest]);
        foreach (var (value, initData, accepted) in ((byte[], string, bool)[])
            [
                (pcr8, InitData, true), (pcr8, InitData + "# changed\n", false), (digest, InitData, false), (new byte[32], InitData, false),
                (pcr8, InitData.Replace("sha256", "sha384", StringComparison.Ordinal), false),
            ])
        {
            await using var fixture = await StartAsync(s_azure);
            using var workload = TestWorkload.WithEcKey();
            var nonce = await fixture.ChallengeAsync(tee);
            var quote = AzureVm.QuoteOf(workload.Digest(nonce), pcrs: AzureVm.Pcrs.SetItem(8, value));
            using var response = await fixture.PostAsync(
                "/kbs/v0/attest",
                workload.AttestRequest(nonce, Write(tee, Vm(workload.Digest(nonce), quote: quote)), initData));
            if (accepted)
            {
                var annotated = Annotated(await response.Content.ReadAsStringAsync());
                Assert.Equal("hello", (string)annotated["init_data_claims"]!["note"]!);
                Assert.Equal(Convert.ToHexStringLower(pcr8), (string)annotated["init_data"]!);
            }
            else
            {
                Assert.Contains(
                    "init data", await ServeFixture.ErrorAsync(response, 401, "AttestationFailed"), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Serves_ATd_WhoseEventLogExplainsIt_AndListsTheEvents()
    {
        await using var fixture = await StartAsync(s_logged);
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync("tdx", workload, d => Td(d, s_log));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.OK, body);
        var token = (string)JsonNode.Parse(body)!["token"]!;
        using var bearer = ServeFixture.NewClient(fixture.Server.Address);
        bearer.DefaultRequestHeaders.Authorization = new("Bearer", token);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(await bearer.GetByteArrayAsync(Secret)));

        var events = Annotated(body)["tdx"]!["uefi_event_logs"]!.AsArray();
        Assert.Equal(20, events.Count);
        var kernel = Assert.Single(events, e => (string)e!["type_name"]! == "EV_EFI_BOOT_SERVICES_APPLICATION")!;
        Assert.Equal(2, (int)kernel["index"]!);
        var digest = Assert.Single(kernel["digests"]!.AsArray())!;
        Assert.Equal("SHA-384", (string)digest["alg"]!);
        Assert.Equal(
            Convert.ToHexStringLower(RealEvidence.OvmfEvents.Single(e => e.Type == CcEvent.EfiBootServicesApplication).Digest),
            (string)digest["digest"]!);
        Assert.Null(kernel["details"]);                                     // nothing vouches for its text

        var log = Records(fixture).First()["verdict"]!["eventLog"]!;
        Assert.Equal([0, 1, 2, 3], log["matched"]!.AsArray().Select(n => (int)n!));
        Assert.True((int)log["events"]! >= 20);
    }

    [Fact]
    public async Task Lists_OnlyEventsOfRegistersThatTheLogExplains()
    {
        await using var fixture = await StartAsync(s_logged);
        using var workload = TestWorkload.WithEcKey();
        var hearsay = EventLogWriter.Ovmf().Measure(4, CcEvent.EventTag, "claimed"u8.ToArray()).ToArray();
        using var response = await fixture.AttestAsync("tdx", workload, d => Td(d, hearsay));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.OK, body);
        Assert.DoesNotContain(Annotated(body)["tdx"]!["uefi_event_logs"]!.AsArray(), e => (int)e!["index"]! == 4);
    }

    [Fact]
    public async Task LeavesOut_ALogThatWouldNotFitAToken()
    {
        var writer = EventLogWriter.Ovmf();
        for (var i = 0; i < 500; i++)
        {
            writer.Measure(3, CcEvent.Ipl, Encoding.ASCII.GetBytes($"grub_cmd: {i}"));
        }

        await using var fixture = await StartAsync(s_logged);
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync("tdx", workload, d => Td(d, writer.ToArray(), writer.ToArray()));
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode is HttpStatusCode.OK, body);
        Assert.Null(Annotated(body)["tdx"]!["uefi_event_logs"]);
        Assert.Equal(0, (int)Records(fixture).First()["verdict"]!["eventLog"]!["matched"]![0]!);
    }

    [Theory]
    [InlineData("one event changed", true, "EventLogReplay")]
    [InlineData("one event changed", false, "EventLogReplay")]
    [InlineData("cut short", true, "EventLogFormat")]
    [InlineData("cut short", false, "EventLogFormat")]
    [InlineData("absent", true, "EventLogFormat")]
    public async Task Refuses_Tds_WithALog(string state, bool rules, string check)
    {
        var log = state switch
        {
            "one event changed" => Tampered(),
            "cut short" => s_log[..^1],
            _ => [],
        };
        await using var fixture = await StartAsync(rules ? s_logged : s_logged.Replace("  eventLog: {}", "", StringComparison.Ordinal));
        using var workload = TestWorkload.WithEcKey();
        using var response = await fixture.AttestAsync("tdx", workload, d => Td(d, log));
        Assert.Contains(check, await ServeFixture.ErrorAsync(response, 403, "PolicyDeny"), StringComparison.Ordinal);
        Assert.Contains(
            Records(fixture).First()["verdict"]!["failed"]!.AsArray(), c => (string)c!["name"]! == check);
    }

    [Fact]
    public async Task Refuses_AKernel_ThatThePolicyDoesNotName()
    {
        var kernel = RealEvidence.OvmfEvents.Single(e => e.Type == CcEvent.EfiBootServicesApplication);
        var digests = RealEvidence.OvmfEvents.Where(e => e.Register == 2).Select(e => e.Digest).ToList();
        foreach (var (named, status) in ((IEnumerable<byte[]>, HttpStatusCode)[])
            [
                (digests, HttpStatusCode.OK),
                (digests.Where(d => !d.AsSpan().SequenceEqual(kernel.Digest)), HttpStatusCode.Forbidden),
            ])
        {
            var list = string.Join(", ", named.Select(Convert.ToHexStringLower));
            await using var fixture = await StartAsync(s_logged.Replace(
                "eventLog: {}", $"eventLog: {{ events: [ {{ rtmr: 1, digests: [{list}] }} ] }}", StringComparison.Ordinal));
            using var workload = TestWorkload.WithEcKey();
            using var response = await fixture.AttestAsync("tdx", workload, d => Td(d, s_log));
            Assert.Equal(status, response.StatusCode);
        }
    }

    [Fact]
    public async Task Takes_TheLogOfAnAzureTd_OnlyByRule()
    {
        var ruled = s_azure.Replace("tdx: { mrTds", "tdx: { eventLog: {}, mrTds", StringComparison.Ordinal);
        foreach (var (policy, log, status) in ((string, byte[]?, HttpStatusCode)[])
            [
                (ruled, s_log, HttpStatusCode.OK), (ruled, Tampered(), HttpStatusCode.Forbidden), (ruled, null, HttpStatusCode.Forbidden),
                (s_azure, null, HttpStatusCode.OK), (s_azure, "a log of PCRs"u8.ToArray(), HttpStatusCode.OK),
            ])
        {
            await using var fixture = await StartAsync(policy);
            using var workload = TestWorkload.WithEcKey();
            using var response = await fixture.AttestAsync(
                "az-tdx-vtpm", workload, d => (Vm(d).OnTdx() with { EventLog = log }).Write());
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == status, body);
            if (status is HttpStatusCode.OK)
            {
                Assert.Equal(policy == ruled, Annotated(body)["az-tdx-vtpm"]!["uefi_event_logs"] is not null);
            }
        }
    }

    private sealed class NoCollateral : ICollateralSource
    {
        public ValueTask<DcapCollateral?> FindDcapCollateralAsync(DcapCollateralQuery query, CancellationToken cancellationToken) =>
            ValueTask.FromResult<DcapCollateral?>(null);

        public ValueTask<SnpEndorsements?> FindSnpEndorsementsAsync(SnpEndorsementQuery query, CancellationToken cancellationToken) =>
            ValueTask.FromResult<SnpEndorsements?>(null);
    }

    private static Task<ServeFixture> StartAsync(string policy) =>
        ServeFixture.StartAsync(o => o with { Policy = AppraisalPolicy.Parse(policy) });

    private static AzureVm Vm(byte[] digest, byte[]? runtimeData = null, VtpmQuote? quote = null, int version = 2) => new()
    {
        Platform = SimulatedHardware.Shared.Platform,
        Now = SimulatedHardware.Noon,
        Guest = new SimulatedGuest { Measurement = SimulatedHardware.Measurement(48) },
        Td = new SimulatedTd { MrTd = SimulatedHardware.Measurement(48), Rtmrs = Registers(s_log) },
        RuntimeData = runtimeData ?? AzureVm.RuntimeDataOf(Convert.ToHexString(KbsRuntimeData.ToReportData(digest))),
        Quote = quote ?? AzureVm.QuoteOf(digest),
        Version = version,
    };

    private static AzureVm Wrong(string what, byte[] digest)
    {
        switch (what)
        {
            case "the nonce of another handshake":
                var other = SHA384.HashData("another"u8);
                return Vm(other);
            case "a nonce cut short":
                return Vm(digest, quote: AzureVm.QuoteOf(digest[..32]));
            case "runtime data that the hardware did not bind":
                var foreign = Vm(digest);
                return new AzureVm
                {
                    Platform = foreign.Platform,
                    Now = foreign.Now,
                    Guest = foreign.Guest,
                    Td = foreign.Td,
                    Quote = foreign.Quote,
                    RuntimeData = foreign.RuntimeData,
                    ReportData = new byte[64],
                };
            case "a quote signed by another key":
                using (var key = RSA.Create(2048))
                {
                    return Vm(digest, quote: AzureVm.QuoteOf(digest, key: key));
                }

            case "PCR values that were not quoted":
                return Vm(digest, quote: AzureVm.QuoteOf(digest) with { Pcrs = AzureVm.Pcrs.SetItem(0, new byte[32]) });
            case "runtime data without the nonce":
                return Vm(digest, AzureVm.RuntimeDataOf(null));
            case "another kernel":
                return Vm(digest, quote: AzureVm.QuoteOf(digest, pcrs: AzureVm.Pcrs.SetItem(11, new byte[32])));
            case "a quote without the PCR":
                return Vm(digest, quote: AzureVm.QuoteOf(digest, selection: 0xFFFFFF & ~(1u << 11)));
            case "another paravisor":
                var measured = Vm(digest);
                return new AzureVm
                {
                    Platform = measured.Platform,
                    Now = measured.Now,
                    Quote = measured.Quote,
                    RuntimeData = measured.RuntimeData,
                    Guest = measured.Guest with { Measurement = new byte[48] },
                    Td = measured.Td with { MrTd = new byte[48] },
                };
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, "No such evidence.");
        }
    }

    private static byte[] Azure(string tee, byte[] digest) => Write(tee, Vm(digest));

    private static byte[] Write(string tee, AzureVm vm) => (tee is "az-snp-vtpm" ? vm.OnSnp() : vm.OnTdx()).Write();

    private static byte[] Td(byte[] digest, byte[] log, byte[]? measured = null) => KbsEvidence.WriteTdx(
        SimulatedHardware.Shared.Platform.Dcap.QuoteTdx(
            new SimulatedTd { MrTd = SimulatedHardware.Measurement(48), Rtmrs = Registers(measured ?? s_log) },
            KbsRuntimeData.ToReportData(digest)),
        log);

    private static ImmutableArray<byte[]> Registers(byte[] log) =>
        CcEventLog.TryRead(log, out var read, out var error) ? read.Replay() : throw new InvalidDataException(error);

    // Another digest in place of the kernel's.
    private static byte[] Tampered()
    {
        var writer = new EventLogWriter();
        foreach (var (register, type, digest, data) in RealEvidence.OvmfEvents)
        {
            writer.Add(register, type, type == CcEvent.EfiBootServicesApplication ? SHA384.HashData("evil"u8) : digest, data);
        }

        return writer.ToArray();
    }

    private static JsonNode Annotated(string answer)
    {
        var token = (string)JsonNode.Parse(answer)!["token"]!;
        Assert.True(Base64UrlText.TryDecode(token.Split('.')[1], out var payload));
        return JsonNode.Parse(payload)!["submods"]!["cpu0"]!["ear.veraison.annotated-evidence"]!;
    }

    private static IEnumerable<JsonNode> Records(ServeFixture fixture)
    {
        using var stream = new FileStream(fixture.Server.State.AuditLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)
            .Where(r => (string)r["event"]! == "attestation")];
    }
}
