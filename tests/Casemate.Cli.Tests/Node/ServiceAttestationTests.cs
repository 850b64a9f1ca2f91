using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Cli.Node;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Cli.Tests.Node;

/// <summary>What counts as an attestation of the node, and whether its quote helper makes quotes.</summary>
public sealed class ServiceAttestationTests : IAsyncLifetime
{
    private static readonly KubeObject Node = KubeObject.From(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "worker-1" } });

    private TestPeers _peers = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _peers = await TestPeers.StartAsync();

    public ValueTask DisposeAsync() => _peers.DisposeAsync();

    [Theory]
    [InlineData("affirming", true, "Accepted")]
    [InlineData("warning", true, "AcceptedWithWarning")]
    [InlineData("contraindicated", false, "Contraindicated")]
    [InlineData("none", false, "Contraindicated")]
    [InlineData("of tomorrow", false, "Contraindicated")]
    public async Task TheToken_HasToSayThatTheEvidenceIsGood(string status, bool succeeds, string reason)
    {
        _peers.Claims = "{\"exp\":4102444800,\"submods\":{\"cpu0\":{\"ear.status\":\"" + status + "\"}}}";

        var result = await AttestAsync();

        Assert.Equal((succeeds, reason), (result.Succeeded, result.Reason));
        Assert.Contains("\"quote\":\"AAECAw==\"", _peers.Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"exp":4102444800}""")]
    [InlineData("""{"exp":4102444800,"submods":{"cpu0":{}}}""")]
    [InlineData("""{"exp":4102444800,"submods":{"cpu0":{"ear.status":2}}}""")]
    [InlineData("""{"exp":4102444800,"submods":[]}""")]
    public async Task ATokenThatSaysNothing_IsNone(string claims)
    {
        _peers.Claims = claims;

        var result = await AttestAsync();

        Assert.Equal((false, "AnswerMalformed"), (result.Succeeded, result.Reason));
    }

    [Theory]
    [InlineData("""{"exp":4102444800,"simulated":true,"submods":{"cpu0":{"ear.status":"contraindicated"}}}""")]
    [InlineData("""{"exp":4102444800,"submods":{"cpu0":{"simulated":true,"ear.status":"affirming"}}}""")]
    [InlineData("""{"exp":4102444800,"submods":{"cpu0":{"simulated":"yes","ear.status":"affirming"}}}""")]
    public async Task SimulatedEvidence_OpensDescribedMachinesAlone(string claims)
    {
        _peers.Claims = claims;

        var real = await AttestAsync();
        Assert.Equal((false, "SimulatedEvidence"), (real.Succeeded, real.Reason));
        var described = await AttestAsync(simulated: true);
        Assert.Equal((true, "SimulatedEvidenceAccepted"), (described.Succeeded, described.Reason));
    }

    [Theory]
    [InlineData(401, "EvidenceRefused")]
    [InlineData(403, "EvidenceRefused")]
    [InlineData(400, "RequestRejected")]
    [InlineData(503, "VerifierUnavailable")]
    public async Task ARefusal_IsNamed(int status, string reason)
    {
        (_peers.Claims, _peers.Refusal) = (null, status);

        var result = await AttestAsync();

        Assert.Equal((false, reason), (result.Succeeded, result.Reason));
        Assert.EndsWith(".", result.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("affirming")]
    [InlineData("contraindicated")]
    public async Task WhatTheTokenSaysOfThePlatform_IsKept_AcceptedOrNot(string status)
    {
        _peers.Claims = "{\"exp\":4102444800,\"submods\":{\"cpu0\":{\"ear.status\":\"" + status + "\",\"ear.veraison.annotated-evidence\":"
            + "{\"tdx\":{\"tcb_status\":\"OutOfDate\",\"quote\":{\"body\":{\"tcb_svn\":\"0b01\"}}}}}}}";

        Assert.Equal(new PlatformTcb("tdx-guest", "0b01", "", "OutOfDate"), (await AttestAsync()).Platform);
    }

    [Theory]
    [InlineData(Tee.Sgx, "sgx", """{"tcb_status":"UpToDate","body":{"cpu_svn":"0c0c"}}""", "sgx", "0c0c", "UpToDate")]
    [InlineData(
        Tee.Snp, "snp",
        """{"reported_tcb_bootloader":3,"reported_tcb_tee":0,"reported_tcb_snp":20,"reported_tcb_microcode":209}""", "snp-guest", "030014d1", null)]
    [InlineData(Tee.Snp, "snp", """{"reported_tcb_bootloader":300}""", "snp-guest", "", null)]
    [InlineData(Tee.Tdx, "tdx", """{"tcb_status":2,"quote":[]}""", "tdx-guest", "", null)]
    public void ThePlatform_IsReadByTheTeesOwnNames(Tee tee, string name, string evidence, string word, string svn, string? status)
    {
        using var token = JsonDocument.Parse($"{{\"ear.veraison.annotated-evidence\":{{\"{name}\":{evidence}}}}}");

        Assert.Equal(new PlatformTcb(word, svn, "", status), TokenPlatform.Read(token.RootElement, tee));
    }

    [Fact]
    public void ATokenWithoutEvidence_SaysNothingOfThePlatform()
    {
        using var token = JsonDocument.Parse("{\"ear.veraison.annotated-evidence\":{\"sgx\":7}}");

        Assert.Null(TokenPlatform.Read(token.RootElement, Tee.Sgx));
        Assert.Null(TokenPlatform.Read(token.RootElement, Tee.Tdx));
    }

    [Fact]
    public async Task WithoutAService_ThereIsNoAttestation()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));                 // and never listens

        var result = await new ServiceAttestation(
            new NodeAttestationOptions { Address = new Uri($"http://{taken.LocalEndPoint}") }, _peers.Socket, TimeProvider.System,
            NullLogger.Instance).AttestAsync(Node, Ct);

        Assert.Equal((false, "VerifierUnreachable"), (result.Succeeded, result.Reason));
    }

    [Theory]
    [InlineData("""{"evidence":[],"quotesEnclaveReports":true,"sgxTargetInfo":"TARGET"}""", "SGX hardware")]
    [InlineData("""{"evidence":[],"quotesEnclaveReports":true,"sgxTargetInfo":"AA=="}""", "not 512 bytes")]
    [InlineData("""{"evidence":[{"tee":"of tomorrow","simulated":false}]}""", "no evidence")]
    [InlineData("""{}""", "does not say")]
    [InlineData("""[]""", "does not say")]
    [InlineData("garbage", "does not describe itself")]
    public async Task WithoutEvidence_ThereIsNoAttestation(string description, string message)
    {
        _peers.Description = WithTarget(description);

        var result = await AttestAsync();

        Assert.Equal((false, "NoEvidence"), (result.Succeeded, result.Reason));
        Assert.Contains(message, result.Message, StringComparison.Ordinal);
        Assert.Null(_peers.Received);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("garbage")]
    [InlineData("""{"apiVersion":"casemate/v1","kind":"EvidenceBundle","made":"2026-09-01T00:00:00Z","tee":"tdx","evidence":"?"}""")]
    public async Task EvidenceThatCannotBeRead_IsNotSent(string evidence)
    {
        _peers.Evidence = evidence;

        var result = await AttestAsync();

        Assert.Equal((false, "NoEvidence"), (result.Succeeded, result.Reason));
        Assert.Null(_peers.Received);
    }

    [Theory]
    [InlineData("""{"evidence":[{"tee":"snp","simulated":false}],"quotesEnclaveReports":false}""", null)]
    [InlineData("""{"evidence":[],"quotesEnclaveReports":true,"sgxTargetInfo":"TARGET"}""", null)]
    [InlineData("""{"evidence":[],"quotesEnclaveReports":true}""", "cannot make quotes yet")]
    [InlineData("garbage", "does not describe itself")]
    public async Task TheHelper_IsReady_WhenThereIsSomethingThatItCanMake(string description, string? problem)
    {
        _peers.Description = WithTarget(description);

        var found = await new HelperReadiness(_peers.Socket).FindProblemAsync(Ct);

        if (problem is null)
        {
            Assert.Null(found);
        }
        else
        {
            Assert.Contains(problem, found, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AHelperThatIsNotThere_IsNotReady()
    {
        var found = await new HelperReadiness(_peers.Socket + ".none").FindProblemAsync(Ct);

        Assert.Contains("there is no such socket", found, StringComparison.Ordinal);
        Assert.Equal(found, await new HelperReadiness(_peers.Socket + ".none").FindProblemAsync(Ct));
    }

    // A TARGETINFO of the right size, of which nothing is read here.
    private static string WithTarget(string description) =>
        description.Replace("TARGET", Convert.ToBase64String(new byte[512]), StringComparison.Ordinal);

    private Task<NodeAttestationResult> AttestAsync(bool simulated = false) => new ServiceAttestation(
        new NodeAttestationOptions { Address = _peers.Broker, NodeIsSimulated = simulated }, _peers.Socket, TimeProvider.System,
        NullLogger.Instance).AttestAsync(Node, Ct);
}
