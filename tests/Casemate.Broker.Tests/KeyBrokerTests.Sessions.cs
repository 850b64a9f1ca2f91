using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Text;
using Casemate.Testing.Attestation;

namespace Casemate.Broker.Tests;

/// <content>Versions, challenges, sessions and their limits.</content>
public partial class KeyBrokerTests
{
    [Theory]
    [InlineData("0.4.1")]
    [InlineData("0.1.1")]
    [InlineData("0.4")]
    [InlineData("0.4.0-rc1")]
    [InlineData("v0.4.0")]
    [InlineData("")]
    public async Task Speaks_OneVersion(string version)
    {
        await using var fixture = new BrokerFixture();
        var error = fixture.Broker.Challenge(TestWorkload.AuthRequest("snp", version)).Error!;
        Assert.Equal(BrokerErrorCode.ProtocolVersionMismatch, error.Code);
        Assert.Equal($"Protocol Version Mismatch: the broker speaks 0.4.0, the request is {version}.", error.Detail);
    }

    [Fact]
    public async Task Nonce_IsThirtyTwoBytes_AndSessionIdAUuidWithoutDashes()
    {
        await using var fixture = new BrokerFixture();
        var challenges = Enumerable.Range(0, 50).Select(_ => fixture.Handshake("snp")).ToList();
        Assert.All(challenges, c => Assert.Equal(32, Convert.FromBase64String(c.Nonce).Length));
        Assert.All(challenges, c => Assert.Matches("^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$", c.SessionId));
        Assert.Equal(50, challenges.Select(c => c.Nonce).Distinct().Count());
        Assert.Equal(SimulatedHardware.Noon + TimeSpan.FromMinutes(5), challenges[0].Expires);
    }

    [Fact]
    public async Task Returns_TheOldToken_ToAnAttestedSession()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var first = await fixture.AttestAsync("sgx", workload);
        var again = await fixture.Broker.AttestAsync(first.Value!.SessionId, "whatever"u8.ToArray());
        Assert.Equal(first.Value.Token.Text, again.Value!.Token.Text);
        Assert.Single(fixture.Recorded);
    }

    [Fact]
    public async Task Sessions_End()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake("sgx");
        var attested = await fixture.AttestAsync("sgx", workload);
        fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        var evidence = SimulatedHardware.Shared.Evidence("sgx", workload.Digest(challenge.Nonce));
        var late = await fixture.Broker.AttestAsync(challenge.SessionId, workload.AttestRequest(challenge.Nonce, evidence));
        Assert.Equal(BrokerErrorCode.SessionNotFound, late.Error!.Code);
        var read = await fixture.Broker.GetResourceAsync(attested.Value!.SessionId, null, BrokerFixture.Secret);
        Assert.Equal(BrokerErrorCode.TokenNotFound, read.Error!.Code);
        var byToken = await fixture.Broker.GetResourceAsync(null, attested.Value.Token.Text, BrokerFixture.Secret);
        Assert.Equal(BrokerErrorCode.TokenInvalid, byToken.Error!.Code);
        Assert.Contains("expired", byToken.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_NonceBuysOneToken()
    {
        // The session outlives its token here: evidence of the same nonce must not buy a second one.
        await using var fixture = new BrokerFixture(o => o with { Limits = new BrokerLimits { SessionLifetime = TimeSpan.FromHours(1) } });
        using var workload = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake("sgx");
        var request = workload.AttestRequest(challenge.Nonce, SimulatedHardware.Shared.Evidence("sgx", workload.Digest(challenge.Nonce)));
        Assert.True((await fixture.Broker.AttestAsync(challenge.SessionId, request)).Succeeded);
        fixture.Clock.Advance(TimeSpan.FromMinutes(6));
        var replay = await fixture.Broker.AttestAsync(challenge.SessionId, request);
        Assert.Equal(BrokerErrorCode.SessionNotFound, replay.Error!.Code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00000000000040008000000000000000")]
    [InlineData("not a session id at all, really!")]
    public async Task Refuses_UnknownSessions(string? id)
    {
        await using var fixture = new BrokerFixture();
        fixture.Handshake("sgx");
        Assert.Equal(BrokerErrorCode.SessionNotFound, (await fixture.Broker.AttestAsync(id, "{}"u8.ToArray())).Error!.Code);
        Assert.Equal(BrokerErrorCode.TokenNotFound, (await fixture.Broker.GetResourceAsync(id, null, BrokerFixture.Secret)).Error!.Code);
    }

    [Fact]
    public async Task Limits_TheNumberOfSessions_AndSaysWhenToComeBack()
    {
        await using var fixture = new BrokerFixture(o => o with { Limits = new BrokerLimits { MaxSessions = 3 } });
        fixture.Handshake("snp");
        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        fixture.Handshake("snp");
        fixture.Handshake("snp");
        var full = fixture.Broker.Challenge(TestWorkload.AuthRequest("snp"));
        Assert.Equal(BrokerErrorCode.TooManySessions, full.Error!.Code);
        Assert.Equal(TimeSpan.FromMinutes(4), full.Error.RetryAfter);
        fixture.Clock.Advance(TimeSpan.FromMinutes(4));
        fixture.Handshake("snp");                                          // the oldest has made room, and only the oldest
        Assert.Equal(BrokerErrorCode.TooManySessions, fixture.Broker.Challenge(TestWorkload.AuthRequest("snp")).Error!.Code);
        Assert.Equal(3, fixture.Broker.SessionCount);
    }

    [Fact]
    public async Task Limits_AttemptsPerSession()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake("sgx");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(
                BrokerErrorCode.MalformedRequest, (await fixture.Broker.AttestAsync(challenge.SessionId, "{}"u8.ToArray())).Error!.Code);
        }

        var good = workload.AttestRequest(challenge.Nonce, SimulatedHardware.Shared.Evidence("sgx", workload.Digest(challenge.Nonce)));
        Assert.Contains(
            "failed too often", (await fixture.Broker.AttestAsync(challenge.SessionId, good)).Error!.Detail, StringComparison.Ordinal);
        Assert.Equal(BrokerErrorCode.SessionNotFound, (await fixture.Broker.AttestAsync(challenge.SessionId, good)).Error!.Code);
    }

    [Fact]
    public async Task Limits_AttestationsAtATime()
    {
        var slow = new SlowCollateral();
        await using var fixture = new BrokerFixture(
            o => o with { Collateral = slow, Limits = new BrokerLimits { MaxConcurrentAttestations = 1 } });
        var waiting = fixture.RefusedAsync("sgx", digest => SimulatedHardware.Shared.Evidence("sgx", digest));
        await slow.Asked.Task;
        var second = await fixture.RefusedAsync("sgx", digest => SimulatedHardware.Shared.Evidence("sgx", digest));
        Assert.Equal(BrokerErrorCode.Busy, second.Code);
        Assert.Equal(TimeSpan.FromSeconds(1), second.RetryAfter);
        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        await waiting;
    }

    [Fact]
    public async Task Counts_OnlyAttemptsThatHadTheirTurn()
    {
        var slow = new SlowCollateral();
        await using var fixture = new BrokerFixture(
            o => o with { Collateral = slow, Limits = new BrokerLimits { MaxConcurrentAttestations = 1, MaxAttemptsPerSession = 1 } });
        using var workload = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake("sgx");
        var request = workload.AttestRequest(
            challenge.Nonce, SimulatedHardware.Shared.Evidence("sgx", workload.Digest(challenge.Nonce)));
        var waiting = fixture.RefusedAsync("sgx", digest => SimulatedHardware.Shared.Evidence("sgx", digest));
        await slow.Asked.Task;

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(BrokerErrorCode.Busy, (await fixture.Broker.AttestAsync(challenge.SessionId, request)).Error!.Code);
        }

        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        await waiting;
        var turn = fixture.Broker.AttestAsync(challenge.SessionId, request).AsTask();
        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(BrokerErrorCode.CollateralUnavailable, (await turn).Error!.Code);
    }
}
