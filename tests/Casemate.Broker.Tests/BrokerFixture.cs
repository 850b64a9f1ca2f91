using System.Collections.Concurrent;
using Casemate.Attestation;
using Casemate.Attestation.Policy;
using Casemate.Testing;
using Casemate.Testing.Attestation;

namespace Casemate.Broker.Tests;

/// <summary>A broker over a temporary directory, with a clock that the test moves.</summary>
internal sealed class BrokerFixture : IAsyncDisposable, IAuditSink
{
    public static readonly ResourcePath Secret = ResourcePath.Parse("default/key/1");

    private readonly TemporaryDirectory _directory = new();
    private readonly DirectoryResourceStore _store;
    private readonly TokenIssuer _tokens;

    public BrokerFixture(Func<KeyBrokerOptions, KeyBrokerOptions>? change = null)
    {
        Clock = new ManualTimeProvider(SimulatedHardware.Noon);
        _store = DirectoryResourceStore.Open(_directory.File("resources"));
        _tokens = TokenIssuer.Open(_directory.File("token.key"));
        var options = new KeyBrokerOptions
        {
            Roots = SimulatedHardware.Shared.Roots,
            Collateral = SimulatedHardware.Shared,
            Policy = Pinned,
            Resources = _store,
            Tokens = _tokens,
            Audit = this,
            Time = Clock,
        };
        Broker = new KeyBroker(change?.Invoke(options) ?? options);
        Broker.DecisionMade += Observed.Enqueue;
        _store.PutAsync(Secret, "the secret"u8.ToArray()).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>A policy that names the measurement of <see cref="SimulatedHardware"/>.</summary>
    public static AppraisalPolicy Pinned { get; } = AppraisalPolicy.Default with
    {
        Name = "pinned",
        Evidence = EvidencePolicy.Default with
        {
            Snp = new SnpPolicy { Measurements = [SimulatedHardware.Measurement(48)] },
            Tdx = new TdxPolicy { MrTds = [SimulatedHardware.Measurement(48)] },
            Sgx = new SgxPolicy { MrEnclaves = [SimulatedHardware.Measurement(32)] },
        },
    };

    public KeyBroker Broker { get; }

    public ManualTimeProvider Clock { get; }

    public TokenIssuer Tokens => _tokens;

    public DirectoryResourceStore Store => _store;

    public TemporaryDirectory Folder => _directory;

    public ConcurrentQueue<Decision> Recorded { get; } = new();

    public ConcurrentQueue<Decision> Observed { get; } = new();

    /// <summary>Set to make the audit log fail.</summary>
    public bool AuditFails { get; set; }

    public Challenge Handshake(string tee)
    {
        var result = Broker.Challenge(TestWorkload.AuthRequest(tee));
        Assert.True(result.Succeeded, result.Error?.Detail);
        return result.Value;
    }

    /// <summary>A handshake with evidence that the test may spoil.</summary>
    public async Task<BrokerResult<Attested>> AttestAsync(
        string tee, TestWorkload workload, Func<byte[], byte[]>? evidenceOf = null, string? initData = null)
    {
        var challenge = Handshake(tee);
        var digest = workload.Digest(challenge.Nonce);
        var evidence = evidenceOf?.Invoke(digest) ?? SimulatedHardware.Shared.Evidence(tee, digest);
        return await Broker.AttestAsync(challenge.SessionId, workload.AttestRequest(challenge.Nonce, evidence, initData));
    }

    public async Task<BrokerError> RefusedAsync(string tee, Func<byte[], byte[]> evidenceOf, string? initData = null)
    {
        using var workload = TestWorkload.WithEcKey();
        var result = await AttestAsync(tee, workload, evidenceOf, initData);
        Assert.False(result.Succeeded);
        return result.Error;
    }

    public ValueTask RecordAsync(Decision decision, CancellationToken cancellationToken)
    {
        if (AuditFails)
        {
            throw new IOException("No space left on device");
        }

        Recorded.Enqueue(decision);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Broker.Dispose();
        _store.Dispose();
        _tokens.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
