using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Text;
using Casemate.Testing.Attestation;

namespace Casemate.Broker.Tests;

public class KeyBrokerTests
{
    private static JsonElement Claims(string token)
    {
        Assert.True(Base64UrlText.TryDecode(token.Split('.')[1], out var payload));
        return JsonDocument.Parse(payload).RootElement;
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Hands_OutASecret_ForGenuineEvidence(string tee)
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync(tee, workload);
        Assert.True(attested.Succeeded, attested.Error?.Detail);

        var jwe = await fixture.Broker.GetResourceAsync(attested.Value.SessionId, null, BrokerFixture.Secret);
        Assert.True(jwe.Succeeded, jwe.Error?.Detail);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(jwe.Value));

        var byToken = await fixture.Broker.GetResourceAsync(null, attested.Value.Token.Text, BrokerFixture.Secret);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(byToken.Value));

        Assert.Equal(
            [DecisionKind.Attestation, DecisionKind.ResourceRead, DecisionKind.ResourceRead], fixture.Recorded.Select(d => d.Kind));
        Assert.All(fixture.Recorded, d => Assert.Equal(DecisionOutcome.Allowed, d.Outcome));
        Assert.Equal(fixture.Recorded, fixture.Observed);
        var decision = fixture.Recorded.First();
        Assert.True(decision.Simulated);
        Assert.True(decision.Verdict!.Accepted);
        Assert.Equal(attested.Value.Token.Id, decision.TokenId);
        Assert.Contains(decision.Measurements, m => m.Value.StartsWith("4d4d4d4d", StringComparison.Ordinal));
        Assert.Equal(fixture.Broker.Policy.Hash(), decision.PolicyHash);
    }

    [Theory]
    [InlineData("nistP521")]
    [InlineData("rsa")]
    public async Task Encrypts_ToOtherKindsOfKey(string key)
    {
        await using var fixture = new BrokerFixture();
        using var workload = key == "rsa" ? TestWorkload.WithRsaKey() : TestWorkload.WithEcKey(key);
        var attested = await fixture.AttestAsync("tdx", workload);
        Assert.True(attested.Succeeded, attested.Error?.Detail);
        var jwe = await fixture.Broker.GetResourceAsync(attested.Value.SessionId, null, BrokerFixture.Secret);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(jwe.Value));
    }

    [Fact]
    public async Task Binds_UnknownMembersOfTheKey()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        using var decorated = TestWorkload.WithEcKey();
        var extended = TestWorkloadWith(workload.PublicKeyJson.Replace("{", "{\"x-note\":[1.50,\"é\"],", StringComparison.Ordinal));
        Assert.True((await fixture.AttestAsync("sgx", extended)).Succeeded);

        // The same key without the member has another digest.
        var challenge = fixture.Handshake("sgx");
        var evidence = SimulatedHardware.Shared.Evidence("sgx", extended.Digest(challenge.Nonce));
        var result = await fixture.Broker.AttestAsync(challenge.SessionId, workload.AttestRequest(challenge.Nonce, evidence));
        Assert.Equal(BrokerErrorCode.AttestationFailed, result.Error!.Code);

        static TestWorkload TestWorkloadWith(string key) => TestWorkload.WithEcKey().WithPublicKey(key);
    }

    [Fact]
    public async Task Token_SaysWhatTrusteeTokensSay()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("snp", workload);
        var claims = Claims(attested.Value!.Token.Text);
        Assert.Equal("tag:github.com,2024:confidential-containers/Trustee", claims.GetProperty("eat_profile").GetString());
        Assert.Equal("CoCo-Attestation-Service", claims.GetProperty("iss").GetString());
        Assert.Equal(SimulatedHardware.Noon.ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
        Assert.Equal(300, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.StartsWith("casemate ", claims.GetProperty("ear.verifier-id").GetProperty("build").GetString(), StringComparison.Ordinal);
        Assert.True(claims.GetProperty("simulated").GetBoolean());
        var cpu = claims.GetProperty("submods").GetProperty("cpu0");
        Assert.True(cpu.GetProperty("simulated").GetBoolean());
        Assert.Equal("pinned", cpu.GetProperty("ear.appraisal-policy-id").GetString());
        Assert.Equal("contraindicated", cpu.GetProperty("ear.status").GetString());      // simulated hardware is not recognised hardware
        Assert.Equal(
            ["configuration", "executables", "file-system", "hardware", "instance-identity", "runtime-opaque", "sourced-data",
                "storage-opaque"],
            cpu.GetProperty("ear.trustworthiness-vector").EnumerateObject().Select(m => m.Name));
        Assert.Equal(97, cpu.GetProperty("ear.trustworthiness-vector").GetProperty("hardware").GetInt32());
        var evidence = cpu.GetProperty("ear.veraison.annotated-evidence");
        var snp = evidence.GetProperty("snp");
        Assert.Equal(string.Concat(Enumerable.Repeat("4d", 48)), snp.GetProperty("measurement").GetString());
        Assert.False(snp.GetProperty("policy_debug_allowed").GetBoolean());
        Assert.Equal(JsonValueKind.Number, snp.GetProperty("reported_tcb_snp").ValueKind);
        Assert.Equal(128, evidence.GetProperty("report_data").GetString()!.Length);
        using var key = JsonDocument.Parse(workload.PublicKeyJson);
        Assert.Equal(
            key.RootElement.GetProperty("x").GetString(),
            evidence.GetProperty("runtime_data_claims").GetProperty("tee-pubkey").GetProperty("x").GetString());
        Assert.False(evidence.TryGetProperty("init_data_claims", out _));
    }

    [Theory]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Token_NamesTheTcbOfIntelPlatforms(string tee)
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync(tee, workload);
        var evidence = Claims(attested.Value!.Token.Text).GetProperty("submods").GetProperty("cpu0")
            .GetProperty("ear.veraison.annotated-evidence").GetProperty(tee);
        Assert.Equal("UpToDate", evidence.GetProperty("tcb_status").GetString());
        Assert.Equal("0", evidence.GetProperty("collateral_expiration_status").GetString());
        var quote = tee == "tdx" ? evidence.GetProperty("quote") : evidence;
        Assert.Equal("939a7233f79c4ca9940a0db3957f0607", quote.GetProperty("header").GetProperty("vendor_id").GetString());
        Assert.Equal(
            tee == "tdx" ? "81000000" : "00000000",
            quote.GetProperty("header").GetProperty(tee == "tdx" ? "tee_type" : "att_key_data_0").GetString());
        Assert.StartsWith(
            "4d4d", quote.GetProperty("body").GetProperty(tee == "tdx" ? "mr_td" : "mr_enclave").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_AMeasurementThatThePolicyDoesNotName_NamingIt(string tee)
    {
        await using var fixture = new BrokerFixture();
        var error = await fixture.RefusedAsync(tee, digest =>
        {
            var reportData = KbsRuntimeData.ToReportData(digest);
            return tee switch
            {
                "snp" => SimulatedHardware.Shared.Snp(reportData, g => g with { Measurement = SimulatedHardware.Measurement(48, 0x66) }),
                "tdx" => SimulatedHardware.Shared.Tdx(reportData, t => t with { MrTd = SimulatedHardware.Measurement(48, 0x66) }),
                _ => SimulatedHardware.Shared.Sgx(reportData, e => e with { MrEnclave = SimulatedHardware.Measurement(32, 0x66) }),
            };
        });
        Assert.Equal(BrokerErrorCode.PolicyDeny, error.Code);
        Assert.Contains("6666666666", error.Detail, StringComparison.Ordinal);
        var decision = Assert.Single(fixture.Recorded);
        Assert.Equal(DecisionOutcome.Refused, decision.Outcome);
        Assert.Equal(CheckId.Identity, Assert.Single(decision.Verdict!.Reasons).Id);
        Assert.Null(decision.TokenId);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_SimulatedHardware_UnlessItsRootIsNamed(string tee)
    {
        await using var fixture = new BrokerFixture(o => o with { Roots = TrustRoots.Production });
        var error = await fixture.RefusedAsync(tee, digest => SimulatedHardware.Shared.Evidence(tee, digest));
        Assert.Equal(BrokerErrorCode.AttestationFailed, error.Code);
        Assert.Contains("TrustRoot", error.Detail, StringComparison.Ordinal);
        Assert.True(Assert.Single(fixture.Recorded).Simulated);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_EvidenceOfAnotherInstallation(string tee)
    {
        await using var fixture = new BrokerFixture();
        var error = await fixture.RefusedAsync(tee, digest => SimulatedHardware.Other.Evidence(tee, digest));
        Assert.Equal(BrokerErrorCode.AttestationFailed, error.Code);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    [InlineData("sample")]
    public async Task Refuses_EvidenceThatBindsAnotherKey(string tee)
    {
        await using var fixture = new BrokerFixture(o => o with { AcceptSampleEvidence = true });
        using var victim = TestWorkload.WithEcKey();
        using var thief = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake(tee);
        var evidence = SimulatedHardware.Shared.Evidence(tee, victim.Digest(challenge.Nonce));
        var result = await fixture.Broker.AttestAsync(challenge.SessionId, thief.AttestRequest(challenge.Nonce, evidence));
        Assert.Equal(BrokerErrorCode.AttestationFailed, result.Error!.Code);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    [InlineData("sample")]
    public async Task Refuses_EvidenceOfAnotherHandshake(string tee)
    {
        await using var fixture = new BrokerFixture(o => o with { AcceptSampleEvidence = true });
        using var workload = TestWorkload.WithEcKey();
        var old = fixture.Handshake(tee);
        var replayed = SimulatedHardware.Shared.Evidence(tee, workload.Digest(old.Nonce));
        var fresh = fixture.Handshake(tee);
        var result = await fixture.Broker.AttestAsync(fresh.SessionId, workload.AttestRequest(fresh.Nonce, replayed));
        Assert.Equal(BrokerErrorCode.AttestationFailed, result.Error!.Code);
        Assert.NotEqual(old.Nonce, fresh.Nonce);
        Assert.NotEqual(old.SessionId, fresh.SessionId);
    }

    [Fact]
    public async Task Refuses_TheNonceOfAnotherSession()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var (mine, other) = (fixture.Handshake("sgx"), fixture.Handshake("sgx"));
        var evidence = SimulatedHardware.Shared.Evidence("sgx", workload.Digest(other.Nonce));
        var result = await fixture.Broker.AttestAsync(mine.SessionId, workload.AttestRequest(other.Nonce, evidence));
        Assert.Equal(BrokerErrorCode.AttestationFailed, result.Error!.Code);
        Assert.Contains("nonce", result.Error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Refuses_DebugWorkloads(string tee)
    {
        await using var fixture = new BrokerFixture();
        var error = await fixture.RefusedAsync(tee, digest =>
        {
            var reportData = KbsRuntimeData.ToReportData(digest);
            return tee switch
            {
                "snp" => SimulatedHardware.Shared.Snp(reportData, g => g with { Policy = g.Policy | Simulator.SimulatedGuest.PolicyDebug }),
                "tdx" =>
                    SimulatedHardware.Shared.Tdx(reportData, t => t with { TdAttributes = t.TdAttributes | Simulator.SimulatedTd.Debug }),
                _ => SimulatedHardware.Shared.Sgx(reportData, e => e with { Flags = e.Flags | 2 }),
            };
        });
        Assert.Equal(BrokerErrorCode.PolicyDeny, error.Code);
        Assert.Contains(Assert.Single(fixture.Recorded).Verdict!.Reasons, c => c.Id is CheckId.Debug);
    }

    [Fact]
    public async Task Refuses_AQuoteOfAnotherTeeThanAnnounced()
    {
        await using var fixture = new BrokerFixture();
        var error = await fixture.RefusedAsync("tdx", digest => SimulatedHardware.Shared.Sgx(KbsRuntimeData.ToReportData(digest)));
        Assert.Contains("the handshake is for tdx, but the quote is of sgx", error.Detail, StringComparison.Ordinal);
        error = await fixture.RefusedAsync("sgx", digest => SimulatedHardware.Shared.Tdx(KbsRuntimeData.ToReportData(digest)));
        Assert.Contains("the handshake is for sgx, but the quote is of tdx", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_CertificatesThatTheGuestDidNotSend()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var result = await fixture.AttestAsync(
            "snp", workload, d => SimulatedHardware.Shared.Snp(KbsRuntimeData.ToReportData(d), withCertificates: false));
        Assert.True(result.Succeeded, result.Error?.Detail);
    }

    [Fact]
    public async Task Uses_TheGuestsCertificates_WhenItsSourceHasNone()
    {
        await using var fixture = new BrokerFixture(o => o with
        {
            Collateral = new EmptyCollateral(),
            Policy = o.Policy with { Evidence = o.Policy.Evidence with { AcceptUnknownRevocation = true } },
        });
        using var workload = TestWorkload.WithEcKey();
        var result = await fixture.AttestAsync("snp", workload);
        Assert.True(result.Succeeded, result.Error?.Detail);
    }

    [Fact]
    public async Task Never_TakesTheGuestsRevocationList()
    {
        await using var fixture = new BrokerFixture(o => o with { Collateral = new EmptyCollateral() });
        var error = await fixture.RefusedAsync("snp", digest => SimulatedHardware.Shared.Evidence("snp", digest));
        Assert.Contains("RevocationUnknown", error.Detail, StringComparison.Ordinal);
        Assert.Contains(Assert.Single(fixture.Recorded).Verdict!.Reasons, c => c.Id is CheckId.SnpCrl);
    }

    [Fact]
    public async Task Honours_NoTokenOfSimulatedHardware_OnceItsRootIsNoLongerNamed()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var token = (await fixture.AttestAsync("sgx", workload)).Value!.Token.Text;
        Assert.True((await fixture.Broker.GetResourceAsync(null, token, BrokerFixture.Secret)).Succeeded);
        using var stricter = new KeyBroker(new KeyBrokerOptions
        {
            Roots = TrustRoots.Production,
            Collateral = SimulatedHardware.Shared,
            Policy = BrokerFixture.Pinned,
            Resources = fixture.Store,
            Tokens = fixture.Tokens,
            Audit = fixture,
            Time = fixture.Clock,
        });
        Assert.Equal(BrokerErrorCode.PolicyDeny, (await stricter.GetResourceAsync(null, token, BrokerFixture.Secret)).Error!.Code);
    }

    [Theory]
    [InlineData("snp")]
    [InlineData("tdx")]
    [InlineData("sgx")]
    public async Task Says_WhichCollateralIsMissing(string tee)
    {
        await using var fixture = new BrokerFixture(o => o with { Collateral = new EmptyCollateral() });
        var error = await fixture.RefusedAsync(tee, digest => tee == "snp"
            ? SimulatedHardware.Shared.Snp(KbsRuntimeData.ToReportData(digest), withCertificates: false)
            : SimulatedHardware.Shared.Evidence(tee, digest));
        Assert.Equal(BrokerErrorCode.CollateralUnavailable, error.Code);
        Assert.Contains(tee == "snp" ? "certificates" : "FMSPC", error.Detail, StringComparison.Ordinal);
        Assert.Equal(DecisionOutcome.Undecided, Assert.Single(fixture.Recorded).Outcome);
    }

    [Fact]
    public async Task Gives_UpOnASlowSource()
    {
        var slow = new SlowCollateral();
        await using var fixture = new BrokerFixture(o => o with { Collateral = slow });
        var attesting = fixture.RefusedAsync("sgx", digest => SimulatedHardware.Shared.Evidence("sgx", digest));
        await slow.Asked.Task;
        fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        var error = await attesting;
        Assert.Equal(BrokerErrorCode.CollateralUnavailable, error.Code);
        Assert.Contains("took too long", error.Detail, StringComparison.Ordinal);
        Assert.IsType<TimeoutException>(error.Cause);
    }

    [Fact]
    public async Task Hides_WhyASourceFailed_FromTheCaller()
    {
        await using var fixture = new BrokerFixture(o => o with { Collateral = new BrokenCollateral() });
        var error = await fixture.RefusedAsync("tdx", digest => SimulatedHardware.Shared.Evidence("tdx", digest));
        Assert.Equal(BrokerErrorCode.CollateralUnavailable, error.Code);
        Assert.DoesNotContain("/secret/path", error.Detail, StringComparison.Ordinal);
        Assert.Contains("/secret/path", error.Cause!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_SampleEvidence_UnlessAskedFor()
    {
        await using var fixture = new BrokerFixture();
        var result = fixture.Broker.Challenge(TestWorkload.AuthRequest("sample"));
        Assert.Equal(BrokerErrorCode.UnsupportedTee, result.Error!.Code);
        Assert.Contains("AcceptSampleEvidence", result.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Marks_SampleEvidenceAsSimulated()
    {
        await using var fixture = new BrokerFixture(o => o with { AcceptSampleEvidence = true });
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("sample", workload);
        Assert.True(attested.Succeeded, attested.Error?.Detail);
        var claims = Claims(attested.Value.Token.Text);
        Assert.True(claims.GetProperty("simulated").GetBoolean());
        var cpu = claims.GetProperty("submods").GetProperty("cpu0");
        Assert.Equal("contraindicated", cpu.GetProperty("ear.status").GetString());
        var sample = cpu.GetProperty("ear.veraison.annotated-evidence").GetProperty("sample");
        Assert.Equal("abcde", sample.GetProperty("launch_digest").GetString());
        Assert.Equal(4, sample.GetProperty("platform_version").GetProperty("minor").GetInt32());
        var jwe = await fixture.Broker.GetResourceAsync(attested.Value.SessionId, null, BrokerFixture.Secret);
        Assert.Equal("the secret"u8.ToArray(), workload.Decrypt(jwe.Value));
        Assert.All(fixture.Recorded, d => Assert.True(d.Simulated));
    }

    [Fact]
    public async Task Accepts_OnlyTheTeesOfThePolicy()
    {
        await using var fixture = new BrokerFixture(o => o with { Policy = o.Policy with { AcceptedTees = ["tdx"] } });
        Assert.Contains(
            "does not accept evidence of 'snp'", fixture.Broker.Challenge(TestWorkload.AuthRequest("snp")).Error!.Detail,
            StringComparison.Ordinal);
        Assert.True(fixture.Broker.Challenge(TestWorkload.AuthRequest("tdx")).Succeeded);
        Assert.Equal(BrokerErrorCode.UnsupportedTee, fixture.Broker.Challenge(TestWorkload.AuthRequest("cca")).Error!.Code);
        Assert.Equal(BrokerErrorCode.MalformedRequest, fixture.Broker.Challenge(TestWorkload.AuthRequest("toaster")).Error!.Code);
    }

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

    [Fact]
    public async Task Policy_GrantsResources_AndDoesNotTellWhetherOthersExist()
    {
        Assert.True(ResourcePattern.TryParse("default/*/*", out var pattern));
        await using var fixture = new BrokerFixture(o => o with { Policy = o.Policy with { Resources = [pattern] } });
        await fixture.Store.PutAsync(ResourcePath.Parse("private/key/1"), "x"u8.ToArray());
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("sgx", workload);
        var session = attested.Value!.SessionId;
        Assert.True((await fixture.Broker.GetResourceAsync(session, null, BrokerFixture.Secret)).Succeeded);
        var there = await fixture.Broker.GetResourceAsync(session, null, ResourcePath.Parse("private/key/1"));
        var notThere = await fixture.Broker.GetResourceAsync(session, null, ResourcePath.Parse("private/key/2"));
        Assert.Equal(BrokerErrorCode.PolicyDeny, there.Error!.Code);
        Assert.Equal(there.Error, notThere.Error);
        Assert.Equal(
            BrokerErrorCode.ResourceNotFound,
            (await fixture.Broker.GetResourceAsync(session, null, ResourcePath.Parse("default/key/9"))).Error!.Code);
        Assert.Equal(2, fixture.Recorded.Count(d => d.Error?.Code is BrokerErrorCode.PolicyDeny));
    }

    [Fact]
    public async Task Tells_ADamagedResourceFromAMissingOne()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("sgx", workload);
        foreach (var file in Directory.EnumerateFiles(fixture.Folder.File("resources"), "*.sealed"))
        {
            File.WriteAllBytes(file, [1, 2, 3]);
        }

        var result = await fixture.Broker.GetResourceAsync(attested.Value!.SessionId, null, BrokerFixture.Secret);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, result.Error!.Code);
        Assert.IsType<ResourceDamagedException>(result.Error.Cause);
        Assert.DoesNotContain(fixture.Folder.Path, result.Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_NothingOutThatIsNotRecorded()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var attested = await fixture.AttestAsync("sgx", workload);
        fixture.AuditFails = true;
        var read = await fixture.Broker.GetResourceAsync(attested.Value!.SessionId, null, BrokerFixture.Secret);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, read.Error!.Code);
        var again = await fixture.AttestAsync("sgx", workload);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, again.Error!.Code);
        Assert.Single(fixture.Observed);
    }

    [Fact]
    public async Task Changes_NothingThatIsNotRecorded()
    {
        await using var fixture = new BrokerFixture();
        fixture.AuditFails = true;

        var written = await fixture.Broker.PutResourceAsync(BrokerFixture.Secret, "another"u8.ToArray());
        var deleted = await fixture.Broker.DeleteResourceAsync(BrokerFixture.Secret);

        Assert.Equal(BrokerErrorCode.StorageUnavailable, written.Error!.Code);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, deleted.Error!.Code);
        Assert.Equal("the secret"u8.ToArray(), await fixture.Store.GetAsync(BrokerFixture.Secret));
    }

    [Fact]
    public async Task Records_AlsoThatNothingCameOfAChange()
    {
        await using var fixture = new BrokerFixture();
        Directory.Delete(fixture.Folder.File("resources"), recursive: true);

        var written = await fixture.Broker.PutResourceAsync(BrokerFixture.Secret, "another"u8.ToArray());
        var deleted = await fixture.Broker.DeleteResourceAsync(BrokerFixture.Secret);

        Assert.Equal(BrokerErrorCode.StorageUnavailable, written.Error!.Code);
        Assert.Equal(BrokerErrorCode.StorageUnavailable, deleted.Error!.Code);
        Assert.Equal(
            [DecisionOutcome.Allowed, DecisionOutcome.Undecided, DecisionOutcome.Undecided], fixture.Recorded.Select(d => d.Outcome));
    }

    [Fact]
    public async Task Removes_ADamagedResource()
    {
        await using var fixture = new BrokerFixture();
        File.WriteAllBytes(Directory.EnumerateFiles(fixture.Folder.File("resources"), "*.sealed").Single(), [1, 2, 3]);

        Assert.True((await fixture.Broker.DeleteResourceAsync(BrokerFixture.Secret)).Succeeded);
        Assert.Null(await fixture.Store.GetAsync(BrokerFixture.Secret));
    }

    [Fact]
    public async Task Checks_InitDataAgainstTheHardware()
    {
        const string initData = "version = \"0.1.0\"\nalgorithm = \"sha256\"\n[data]\n\"note\" = \"hello\"\n";
        var digest = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(initData));
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        byte[] Snp(byte[] d) => SimulatedHardware.Shared.Snp(KbsRuntimeData.ToReportData(d), g => g with { HostData = digest });
        byte[] Tdx(byte[] d) =>
            SimulatedHardware.Shared.Tdx(KbsRuntimeData.ToReportData(d), t => t with { MrConfigId = [.. digest, .. new byte[16]] });

        foreach (var (tee, evidence) in ((string, Func<byte[], byte[]>)[])[("snp", Snp), ("tdx", Tdx)])
        {
            var good = await fixture.AttestAsync(tee, workload, evidence, initData);
            Assert.True(good.Succeeded, good.Error?.Detail);
            var annotated = Claims(
                good.Value.Token.Text).GetProperty("submods").GetProperty("cpu0").GetProperty("ear.veraison.annotated-evidence");
            Assert.Equal("hello", annotated.GetProperty("init_data_claims").GetProperty("note").GetString());
            Assert.StartsWith(Convert.ToHexStringLower(digest), annotated.GetProperty("init_data").GetString(), StringComparison.Ordinal);

            var bad = await fixture.RefusedAsync(tee, evidence, initData + "# changed\n");
            Assert.Equal(BrokerErrorCode.AttestationFailed, bad.Code);
            Assert.Contains("init data", bad.Detail, StringComparison.Ordinal);
        }

        var malformed = await fixture.RefusedAsync("snp", Snp, "algorithm = ");
        Assert.Equal(BrokerErrorCode.MalformedRequest, malformed.Code);
    }

    [Fact]
    public async Task Refuses_EvidenceOfFurtherDevices()
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake("sgx");
        var request = workload.AttestRequest(
            challenge.Nonce, SimulatedHardware.Shared.Evidence("sgx", workload.Digest(challenge.Nonce)),
            additionalEvidence: "{\"nvidia\":{}}");
        var result = await fixture.Broker.AttestAsync(challenge.SessionId, request);
        Assert.Equal(BrokerErrorCode.MalformedRequest, result.Error!.Code);
        Assert.Contains("additional_evidence", result.Error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "cannot be read")]
    [InlineData("[]", "must be JSON objects")]
    [InlineData("""{"runtime-data":{},"tee-evidence":{}}""", "nonce is missing")]
    [InlineData("""{"runtime-data":{"nonce":"x"},"tee-evidence":{}}""", "tee-pubkey is missing")]
    [InlineData("""{"runtime-data":{"nonce":"x","tee-pubkey":{"kty":"EC"}},"tee-evidence":{}}""", "crv is missing")]
    [InlineData("""{"runtime-data":{"nonce":"x","tee-pubkey":KEY},"tee-evidence":{}}""", "primary_evidence must be")]
    [InlineData("""{"runtime-data":{"nonce":"x","tee-pubkey":KEY},"tee-evidence":{"primary_evidence":{},"additional_evidence":{}}}""",
        "additional_evidence is not a string")]
    [InlineData("""{"runtime-data":{"nonce":"x","tee-pubkey":KEY},"tee-evidence":{"primary_evidence":{}},"init-data":"x"}""",
        "init-data: format and body")]
    [InlineData("""{"runtime-data":{"nonce":"x","nonce":"y"}}""", "same member twice")]
    public async Task Refuses_MalformedRequests_NamingTheMember(string request, string expected)
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithEcKey();
        var challenge = fixture.Handshake("sgx");
        var body = Encoding.UTF8.GetBytes(request.Replace("KEY", workload.PublicKeyJson, StringComparison.Ordinal));
        var result = await fixture.Broker.AttestAsync(challenge.SessionId, body);
        Assert.Equal(BrokerErrorCode.MalformedRequest, result.Error!.Code);
        Assert.Contains(expected, result.Error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RSA1_5")]
    [InlineData("dir")]
    public async Task Refuses_KeysItWillNotEncryptTo_BeforeItVerifiesAnything(string algorithm)
    {
        await using var fixture = new BrokerFixture();
        using var workload = TestWorkload.WithRsaKey();
        using var weak = TestWorkload.WithRsaKey().WithPublicKey(
            workload.PublicKeyJson.Replace("RSA-OAEP-256", algorithm, StringComparison.Ordinal));
        var result = await fixture.AttestAsync("sgx", weak);
        Assert.Equal(BrokerErrorCode.MalformedRequest, result.Error!.Code);
        Assert.Contains("tee-pubkey", result.Error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"version":"0.4.0"}""")]
    [InlineData("""{"tee":"snp"}""")]
    [InlineData("""{"version":4,"tee":"snp"}""")]
    [InlineData("""["0.4.0"]""")]
    [InlineData("nonsense")]
    public async Task Refuses_MalformedHandshakes(string request)
    {
        await using var fixture = new BrokerFixture();
        Assert.Equal(BrokerErrorCode.MalformedRequest, fixture.Broker.Challenge(Encoding.UTF8.GetBytes(request)).Error!.Code);
    }

    [Fact]
    public async Task Never_ThrowsOnHostileRequests()
    {
        await using var fixture = new BrokerFixture(
            o => o with { AcceptSampleEvidence = true, Limits = new BrokerLimits { MaxAttemptsPerSession = 100 } });
        using var workload = TestWorkload.WithEcKey();
        var random = new Random(10);
        foreach (var tee in (string[])["snp", "tdx", "sgx", "sample"])
        {
            var challenge = fixture.Handshake(tee);
            var valid = workload.AttestRequest(challenge.Nonce, SimulatedHardware.Shared.Evidence(tee, workload.Digest(challenge.Nonce)));
            for (var i = 0; i < 250; i++)
            {
                if (i % 90 == 0)
                {
                    challenge = fixture.Handshake(tee);
                    valid = workload.AttestRequest(
                        challenge.Nonce, SimulatedHardware.Shared.Evidence(tee, workload.Digest(challenge.Nonce)));
                }

                var bytes = (byte[])valid.Clone();
                for (var flips = random.Next(1, 6); flips > 0; flips--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                var result = await fixture.Broker.AttestAsync(
                    challenge.SessionId, bytes.AsMemory(0, i % 3 == 0 ? random.Next(bytes.Length) : bytes.Length));
                Assert.False(result.Succeeded && result.Value.Token is null);
                _ = fixture.Broker.Challenge(bytes.AsMemory(0, Math.Min(bytes.Length, 300)));
            }
        }
    }

    [Fact]
    public void Refuses_ToStartWithAPolicyThatDoesNotBindEvidence()
    {
        foreach (var yaml in (string[])["acceptUnboundEvidence: true", $"reportData: {new string('0', 128)}"])
        {
            Assert.Throws<ArgumentException>(() => new BrokerFixture(o => o with { Policy = AppraisalPolicy.Parse(yaml) }));
        }

        Assert.Throws<ArgumentException>(() => new BrokerFixture(o => o with { Limits = new BrokerLimits { MaxSessions = 0 } }));
    }

    [Fact]
    public async Task Records_WhatAdministratorsDo()
    {
        await using var fixture = new BrokerFixture();
        var path = ResourcePath.Parse("a/b/c");
        Assert.True((await fixture.Broker.PutResourceAsync(path, "x"u8.ToArray())).Succeeded);
        Assert.Equal("x"u8.ToArray(), await fixture.Store.GetAsync(path));
        Assert.Equal(
            BrokerErrorCode.ResourceTooLarge, (await fixture.Broker.PutResourceAsync(path, new byte[1024 * 1024 + 1])).Error!.Code);
        Assert.Equal(BrokerErrorCode.MalformedRequest, (await fixture.Broker.PutResourceAsync(path, default)).Error!.Code);
        Assert.True((await fixture.Broker.DeleteResourceAsync(path)).Succeeded);
        Assert.Equal(BrokerErrorCode.ResourceNotFound, (await fixture.Broker.DeleteResourceAsync(path)).Error!.Code);
        Assert.Equal(
            [DecisionOutcome.Allowed, DecisionOutcome.Refused, DecisionOutcome.Undecided, DecisionOutcome.Allowed, DecisionOutcome.Refused],
            fixture.Recorded.Select(d => d.Outcome));
    }

    private sealed class EmptyCollateral : ICollateralSource
    {
        public ValueTask<Casemate.Attestation.Dcap.DcapCollateral?> FindDcapCollateralAsync(
            Casemate.Attestation.Dcap.DcapCollateralQuery query, CancellationToken cancellationToken) => default;

        public ValueTask<Casemate.Attestation.Snp.SnpEndorsements?> FindSnpEndorsementsAsync(
            Casemate.Attestation.Snp.SnpEndorsementQuery query, CancellationToken cancellationToken) => default;
    }

    private sealed class BrokenCollateral : ICollateralSource
    {
        public ValueTask<Casemate.Attestation.Dcap.DcapCollateral?> FindDcapCollateralAsync(
            Casemate.Attestation.Dcap.DcapCollateralQuery query, CancellationToken cancellationToken) =>
                throw new IOException("cannot open /secret/path");

        public ValueTask<Casemate.Attestation.Snp.SnpEndorsements?> FindSnpEndorsementsAsync(
            Casemate.Attestation.Snp.SnpEndorsementQuery query, CancellationToken cancellationToken) =>
                throw new IOException("cannot open /secret/path");
    }

    private sealed class SlowCollateral : ICollateralSource
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<Casemate.Attestation.Dcap.DcapCollateral?> FindDcapCollateralAsync(
            Casemate.Attestation.Dcap.DcapCollateralQuery query, CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null;
        }

        public ValueTask<Casemate.Attestation.Snp.SnpEndorsements?> FindSnpEndorsementsAsync(
            Casemate.Attestation.Snp.SnpEndorsementQuery query, CancellationToken cancellationToken) => default;
    }
}
