using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Serve.Pccs;
using Casemate.Simulator;
using Casemate.Testing.Attestation;
using static Casemate.Serve.Tests.Pccs.PccsFixture;

namespace Casemate.Serve.Tests.Pccs;

/// <summary>The documents of a PCCS, over the wire.</summary>
public sealed class PccsDocumentTests
{
    private static readonly DateTimeOffset Now = SimulatedHardware.Noon;

    public static TheoryData<string, string, string> Documents => new()
    {
        { $"{Sgx}tcb?fmspc={Machine.Fmspc}", "TCB-Info-Issuer-Chain", "tcb sgx" },
        { $"{Sgx}tcb?fmspc={Machine.Fmspc.ToLowerInvariant()}&update=standard", "TCB-Info-Issuer-Chain", "tcb sgx" },
        { $"{Sgx}tcb?fmspc={Machine.Fmspc}&update=early", "TCB-Info-Issuer-Chain", "tcb sgx early" },
        { $"{Tdx}tcb?fmspc={Machine.Fmspc}", "TCB-Info-Issuer-Chain", "tcb tdx" },
        { $"{Sgx}qe/identity", "SGX-Enclave-Identity-Issuer-Chain", "qe sgx" },
        { $"{Tdx}qe/identity?update=standard", "SGX-Enclave-Identity-Issuer-Chain", "qe tdx" },
        { $"{Sgx}qve/identity", "SGX-Enclave-Identity-Issuer-Chain", "qve" },
        { $"{Sgx}tcbevaluationdatanumbers", "TCB-Evaluation-Data-Numbers-Issuer-Chain", "numbers sgx" },
        { $"{Tdx}tcbevaluationdatanumbers", "TCB-Evaluation-Data-Numbers-Issuer-Chain", "numbers tdx" },
        { "/sgx/certification/v3/qe/identity", "SGX-Enclave-Identity-Issuer-Chain", "qe sgx" },
        { "/sgx/certification/v3/qve/identity", "SGX-Enclave-Identity-Issuer-Chain", "qve" },
    };

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Answers_TheBytesOfTheSource_WithTheirIssuers(string target, string chainHeader, string source)
    {
        await using var pccs = await StartAsync();
        foreach (var attempt in (string[])["fetched", "cached"])
        {
            var response = await pccs.GetAsync(target);

            Assert.True(response.Status == 200, attempt + ": " + response.Text);
            var expected = Source(source);
            Assert.Equal(expected.Body, response.Body);
            Assert.Equal("application/json", response["Content-Type"]);
            Assert.Equal(Uri.EscapeDataString(expected.IssuerChainPem), response[chainHeader]);
            Assert.Matches("^[0-9a-f]{32}$", response["Request-ID"]);
            Assert.Equal(
                target.Contains("/v3/", StringComparison.Ordinal),
                    response["Warning"]?.StartsWith("299 ", StringComparison.Ordinal) ?? false);
        }

        Assert.Single(pccs.Upstream.Requests);
    }

    [Theory]
    [InlineData("fmspcs", "all")]
    [InlineData("fmspcs?platform=all", "all")]
    [InlineData("fmspcs?platform=client", "client")]
    [InlineData("fmspcs?platform=E3", "E3")]
    [InlineData("fmspcs?platform=E5", "E5")]
    public async Task Answers_PlatformFamilies_FromItsCache(string route, string asked)
    {
        await using var pccs = await StartAsync();
        foreach (var attempt in (string[])["fetched", "cached"])
        {
            var response = await pccs.GetAsync(Sgx + route);

            Assert.True(response.Status == 200, attempt + ": " + response.Text);
            Assert.Equal("application/json", response["Content-Type"]);
            Assert.Equal(Machine.Fmspcs().Body, response.Body);
        }

        Assert.Equal([$"{Sgx}fmspcs?platform={asked}"], pccs.Upstream.Requests);
    }

    [Fact]
    public async Task KnowsGenerationsAndFamilies_InVersion4_AndWhereIntelHasThem()
    {
        await using var pccs = await StartAsync();

        Assert.Equal(404, (await pccs.GetAsync("/sgx/certification/v3/tcbevaluationdatanumbers")).Status);
        Assert.Equal(404, (await pccs.GetAsync("/sgx/certification/v3/fmspcs")).Status);
        Assert.Equal(404, (await pccs.GetAsync($"{Tdx}fmspcs")).Status);
        Assert.Equal(400, (await pccs.GetAsync($"{Sgx}fmspcs?platform=e3")).Status);
        Assert.Empty(pccs.Upstream.Requests);
    }

    [Fact]
    public async Task DropsGenerationsAndFamilies_ThatAreNoneOrDoNotVerify()
    {
        await using var pccs = await StartAsync();
        pccs.Upstream.Fault = ProvisioningFault.OtherRoot;
        Assert.Equal(460, (await pccs.GetAsync($"{Sgx}tcbevaluationdatanumbers")).Status);
        pccs.Upstream.Fault = ProvisioningFault.OtherSubject;
        Assert.Equal(460, (await pccs.GetAsync($"{Tdx}tcbevaluationdatanumbers")).Status);
        Assert.Equal(460, (await pccs.GetAsync($"{Sgx}fmspcs")).Status);
        pccs.Upstream.Fault = ProvisioningFault.Html;
        Assert.Equal(460, (await pccs.GetAsync($"{Sgx}fmspcs?platform=E5")).Status);
        pccs.Upstream.Fault = ProvisioningFault.None;

        await pccs.RestartAsync(CollateralMode.Offline);

        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}tcbevaluationdatanumbers")).Status);
        Assert.Equal(404, (await pccs.GetAsync($"{Sgx}fmspcs")).Status);
    }

    [Fact]
    public async Task ServesGenerationsPastTheirEnd_OnlyWhereTheOperatorAllowsIt()
    {
        await using var pccs = await StartAsync();
        Assert.Equal(200, (await pccs.GetAsync($"{Sgx}tcbevaluationdatanumbers")).Status);
        pccs.Upstream.Fault = ProvisioningFault.ServerError;
        pccs.Time.Advance(TimeSpan.FromDays(31));
        Assert.NotEqual(200, (await pccs.GetAsync($"{Sgx}tcbevaluationdatanumbers")).Status);

        await pccs.RestartAsync(CollateralMode.Lazy, options => options with
        {
            Service = options.Service with { ServeExpiredFor = TimeSpan.FromDays(7) },
        });
        var stale = await pccs.GetAsync($"{Sgx}tcbevaluationdatanumbers");

        Assert.Equal(200, stale.Status);
        Assert.StartsWith("110 ", stale["Warning"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pckcrl?ca=platform", "application/x-pem-file", true)]
    [InlineData("pckcrl?ca=processor", "application/x-pem-file", true)]
    [InlineData("pckcrl?ca=platform&encoding=der", "application/pkix-crl", false)]
    [InlineData("rootcacrl", "application/pkix-crl", true)]
    [InlineData("crl?uri=https%3A%2F%2Fcertificates.trustedservices.intel.com%2FIntelSGXRootCA.der", "application/pkix-crl", false)]
    [InlineData(
        "crl?uri=https%3A%2F%2Fapi.trustedservices.intel.com%2Fsgx%2Fcertification%2Fv4%2Fpckcrl%3Fca%3Dplatform%26encoding%3Dder",
            "application/pkix-crl", false)]
    [InlineData(
        "pckcrl?uri=https%3A%2F%2Fapi.trustedservices.intel.com%2Fsgx%2Fcertification%2Fv4%2Fpckcrl%3Fca%3Dplatform"
        + "&clientid=production_client&api-version=2018-10-01-preview", "application/pkix-crl", false)]
    public async Task Answers_RevocationLists_InTheFormOfTheRoute(string route, string type, bool hex)
    {
        await using var pccs = await StartAsync();

        var response = await pccs.GetAsync(Sgx + route);

        Assert.True(response.Status == 200, response.Text);
        Assert.Equal(type, response["Content-Type"]);
        var isRoot = route.Contains("root", StringComparison.OrdinalIgnoreCase);
        var expected = isRoot ? Machine.RootCaCrl(Now) : Machine.PckCrl(!route.Contains("processor", StringComparison.Ordinal), Now);
        Assert.Equal(expected.Body, hex ? Convert.FromHexString(response.Text) : response.Body);
        Assert.Equal(isRoot ? null : Uri.EscapeDataString(expected.IssuerChainPem), response["SGX-PCK-CRL-Issuer-Chain"]);
    }

    [Fact]
    public async Task Answers_PckCertificates_WithEveryHeaderOfQcnl()
    {
        await using var pccs = await StartAsync();

        var response = await pccs.GetAsync(PckCert());

        Assert.True(response.Status == 200, response.Text);
        Assert.Equal("application/x-pem-file", response["Content-Type"]);
        Assert.Equal(SimulatedHardware.Shared.Platform.Dcap.PckDer, X509Certificate2.CreateFromPem(response.Text).RawData);
        Assert.Equal(Machine.CpuSvn + Machine.PceSvn, response["SGX-TCBm"]);
        Assert.Equal(Machine.Fmspc, response["SGX-FMSPC"]);
        Assert.Equal(Machine.PlatformCa ? "PLATFORM" : "PROCESSOR", response["SGX-PCK-Certificate-CA-Type"]);
        Assert.Equal(
            2, Uri.UnescapeDataString(response["SGX-PCK-Certificate-Issuer-Chain"]!).Split("-----BEGIN CERTIFICATE-----").Length - 1);
    }

    [Fact]
    public async Task Answers_PckCertificates_AsAzuresMetadataServiceDoes_WhenAskedLikeIt()
    {
        await using var pccs = await StartAsync();

        var response = await pccs.GetAsync(PckCert() + "&clientid=production_client&api-version=2021-07-22-preview", "metadata: true");

        using var json = JsonDocument.Parse(response.Body);
        Assert.Equal("application/json", response["Content-Type"]);
        Assert.Equal(
            SimulatedHardware.Shared.Platform.Dcap.PckDer,
                X509Certificate2.CreateFromPem(json.RootElement.GetProperty("pckCert").GetString()).RawData);
        Assert.Contains(
            "-----BEGIN CERTIFICATE-----",
                Uri.UnescapeDataString(json.RootElement.GetProperty("SGX-PCK-Certificate-Issuer-Chain").GetString()!),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakesTheFirst_OfAParameterThatComesTwice()
    {
        await using var pccs = await StartAsync();

        Assert.Equal(200, (await pccs.GetAsync($"{Sgx}tcb?fmspc={Machine.Fmspc}&fmspc=nonsense&update=standard&update=never")).Status);
        Assert.Equal(400, (await pccs.GetAsync($"{Sgx}tcb?fmspc=nonsense&fmspc={Machine.Fmspc}")).Status);
    }

    [Fact]
    public async Task SaysGone_ForTcbInfosOfVersion3_AndAsksNobody()
    {
        await using var pccs = await StartAsync();

        var response = await pccs.GetAsync($"/sgx/certification/v3/tcb?fmspc={Machine.Fmspc}");

        Assert.Equal(410, response.Status);
        Assert.Contains("version 4", response.Text, StringComparison.Ordinal);
        Assert.StartsWith("299 ", response["Warning"], StringComparison.Ordinal);
        Assert.Empty(pccs.Upstream.Requests);
    }

    [Theory]
    [InlineData(ProvisioningFault.WrongSignature, 460)]
    [InlineData(ProvisioningFault.OtherRoot, 460)]
    [InlineData(ProvisioningFault.OtherSubject, 460)]
    [InlineData(ProvisioningFault.Expired, 460)]
    [InlineData(ProvisioningFault.Html, 460)]
    [InlineData(ProvisioningFault.NoChain, 460)]
    [InlineData(ProvisioningFault.ServerError, 502)]
    [InlineData(ProvisioningFault.Truncated, 502)]
    [InlineData(ProvisioningFault.NotFound, 404)]
    [InlineData(ProvisioningFault.Throttled, 503)]
    public async Task TellsAFaultOfTheUpstream_AsQcnlUnderstandsIt_AndKeepsNothing(ProvisioningFault fault, int status)
    {
        await using var pccs = await StartAsync();
        pccs.Upstream.Fault = fault;

        var response = await pccs.GetAsync($"{Sgx}tcb?fmspc={Machine.Fmspc}");

        Assert.Equal(status, response.Status);
        Assert.True(response.Text.Trim().Length > 30, response.Text);
        Assert.Equal(status == 503, response["Retry-After"] is not null);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(pccs.StorePath, "tcb-info")));
    }

    [Fact]
    public async Task GoesOnServing_WhileTheUpstreamIsDown_UntilTheEnd_AndLongerOnlyIfToldTo()
    {
        await using var pccs = await StartAsync();
        Assert.Equal(200, (await pccs.GetAsync($"{Sgx}qe/identity")).Status);
        pccs.Upstream.Fault = ProvisioningFault.ServerError;

        pccs.Time.Advance(TimeSpan.FromDays(20));
        Assert.Equal(200, (await pccs.GetAsync($"{Sgx}qe/identity")).Status);
        pccs.Time.Advance(TimeSpan.FromDays(20));
        Assert.Equal(502, (await pccs.GetAsync($"{Sgx}qe/identity")).Status);

        await pccs.RestartAsync(CollateralMode.Lazy, o => o with { Service = o.Service with { ServeExpiredFor = TimeSpan.FromDays(60) } });
        var stale = await pccs.GetAsync($"{Sgx}qe/identity");
        Assert.Equal(200, stale.Status);
        Assert.StartsWith("110 ", stale["Warning"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AsksAnUpstreamOnce_ForManyWhoAskAtOnce()
    {
        await using var pccs = await StartAsync();
        Task<RawResponse>[] questions;
        using (pccs.Upstream.Hold())
        {
            questions = [.. Enumerable.Range(0, 20).Select(_ => pccs.GetAsync($"{Sgx}qe/identity"))];
            await pccs.Upstream.ArrivedAsync();
        }

        Assert.All(await Task.WhenAll(questions), response => Assert.Equal(200, response.Status));
        Assert.Single(pccs.Upstream.Requests);
    }

    [Fact]
    public async Task Answers503_WhenTheUpstreamTakesTooLong_AndTheAnswerLater()
    {
        await using var pccs = await StartAsync();
        var held = pccs.Upstream.Hold();
        var question = pccs.GetAsync($"{Sgx}qe/identity");
        await pccs.Upstream.ArrivedAsync();
        while (!question.IsCompleted)
        {
            // the deadline of the answer is armed at any moment from here on
            pccs.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Contains((await question).Status, (int[])[502, 503]);
        held.Dispose();
    }

    [Theory]
    [InlineData("HEAD", "qe/identity", 200)]
    [InlineData("POST", "qe/identity", 405)]
    [InlineData("DELETE", "platforms", 405)]
    public async Task KnowsItsMethods(string method, string route, int status)
    {
        await using var pccs = await StartAsync();

        var response = await RawHttp.SendAsync(pccs.Address, method, Sgx + route, method == "HEAD" ? null : []);

        Assert.Equal(status, response.Status);
        Assert.Equal(status == 405, response["Allow"] is not null);
    }

    private static SimulatedDocument Source(string name) => name switch
    {
        "tcb sgx" => Machine.TcbInfo(Tee.Sgx, Now),
        "tcb sgx early" => Machine.TcbInfo(Tee.Sgx, Now, early: true),
        "tcb tdx" => Machine.TcbInfo(Tee.Tdx, Now),
        "qe sgx" => Machine.QeIdentity(Tee.Sgx, Now),
        "qe tdx" => Machine.QeIdentity(Tee.Tdx, Now),
        "qve" => Machine.QveIdentity(Now),
        "numbers sgx" => Machine.TcbEvaluationNumbers(Tee.Sgx, Now),
        "numbers tdx" => Machine.TcbEvaluationNumbers(Tee.Tdx, Now),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a document."),
    };
}
