using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Json;

namespace Casemate.Broker;

/// <summary>
/// A key broker: challenges a workload, verifies what it answers, and hands it the secrets that its policy grants, encrypted to its
/// key. Knows requests as JSON and nothing of HTTP. Source: Confidential Containers, KBS attestation protocol, version 0.4.0.
/// Safe for concurrent use.
/// </summary>
public sealed partial class KeyBroker : IDisposable
{
    /// <summary>The one version of the protocol that is spoken.</summary>
    public const string ProtocolVersion = "0.4.0";

    private readonly KeyBrokerOptions _options;
    private readonly SessionTable _sessions;
    private readonly EvidenceAppraiser _appraiser;
    private readonly SemaphoreSlim _attesting;
    private readonly string _policyHash;

    /// <summary>Makes a broker.</summary>
    /// <param name="options">What it works with, and its limits.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names the first.</exception>
    public KeyBroker(KeyBrokerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().FirstOrDefault() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        _options = options;
        _sessions = new SessionTable(options.Limits.SessionLifetime, options.Limits.MaxSessions);
        _appraiser = new EvidenceAppraiser(
            options.Roots, options.Collateral, options.Policy, options.AcceptSampleEvidence, options.Limits.CollateralTimeout,
            options.Time);
        _attesting = new SemaphoreSlim(options.Limits.MaxConcurrentAttestations);
        _policyHash = options.Policy.Hash();
    }

    /// <summary>
    /// Raised after each decision was recorded and before the caller is answered. Handlers run on the caller's thread: they must be
    /// quick and must not throw.
    /// </summary>
    public event Action<Decision>? DecisionMade;

    /// <summary>The policy in force.</summary>
    public AppraisalPolicy Policy => _options.Policy;

    /// <summary>Where resources are kept.</summary>
    public IResourceStore Resources => _options.Resources;

    /// <summary>What the broker counts.</summary>
    public BrokerMetrics Metrics { get; } = new();

    /// <summary>How many sessions are held.</summary>
    public int SessionCount => _sessions.Count;

    /// <summary>Starts a handshake.</summary>
    /// <param name="request">The request, JSON: <c>{"version","tee","extra-params"}</c>.</param>
    public BrokerResult<Challenge> Challenge(ReadOnlyMemory<byte> request)
    {
        Metrics.AuthRequests.Add(1);
        var result = TryChallenge(request);
        (result.Succeeded ? Metrics.AuthSuccesses : Metrics.AuthErrors).Add(1);
        return result;
    }

    /// <summary>Ends the broker's counters; what it was given is its owner's to dispose.</summary>
    public void Dispose()
    {
        Metrics.Dispose();
        _attesting.Dispose();
    }

    private BrokerResult<Challenge> TryChallenge(ReadOnlyMemory<byte> request)
    {
        if (!StrictJson.TryParse(request, out var document, out var error))
        {
            return new BrokerError(BrokerErrorCode.MalformedRequest, $"The request cannot be read: {error}.");
        }

        using (document)
        {
            error = AuthRequest.Read(document.RootElement, out var version, out var tee);
            if (error is not null)
            {
                return new BrokerError(BrokerErrorCode.MalformedRequest, $"The request cannot be read: {error}.");
            }

            if (version != ProtocolVersion)
            {
                return new BrokerError(
                    BrokerErrorCode.ProtocolVersionMismatch,
                    $"Protocol Version Mismatch: the broker speaks {ProtocolVersion}, the request is {Printable(version)}.");
            }

            if (_appraiser.CheckTee(tee) is { } refusal)
            {
                return refusal;
            }

            var now = _options.Time.GetUtcNow();
            return _sessions.TryOpen(tee, now, out var session, out var retryAfter)
                ? new Challenge(session.Id, session.Nonce, session.Expires)
                : new BrokerError(BrokerErrorCode.TooManySessions, "Too many handshakes are open.") { RetryAfter = retryAfter };
        }
    }

    /// <summary>Ends a handshake: verifies evidence and issues a token. An attested session gets its old token again.</summary>
    /// <param name="sessionId">The session of <see cref="Challenge"/>; null when the client sent none.</param>
    /// <param name="request">The request, JSON: <c>{"init-data"?,"runtime-data","tee-evidence"}</c>.</param>
    /// <param name="cancellationToken">Stops the search for collateral.</param>
    public async ValueTask<BrokerResult<Attested>> AttestAsync(
        string? sessionId, ReadOnlyMemory<byte> request, CancellationToken cancellationToken = default)
    {
        var now = _options.Time.GetUtcNow();
        if (_sessions.Find(sessionId, now) is not { } session)
        {
            Metrics.CountAttestation(null, DecisionOutcome.Undecided);
            return new BrokerError(BrokerErrorCode.SessionNotFound, "The session is unknown or has expired; start a new handshake.");
        }

        // One nonce, one token: once that has expired, a new handshake has to show fresh evidence.
        if (session.Token is { } token)
        {
            return now < token.Expires
                ? new Attested(session.Id, token, session.Expires)
                : new BrokerError(BrokerErrorCode.SessionNotFound, "The session's token has expired; start a new handshake.");
        }

        // Before the attempt is counted: a client that waits for its turn, as it is told to, has not failed.
        if (!_attesting.Wait(0, CancellationToken.None))
        {
            Metrics.CountAttestation(session.Tee, DecisionOutcome.Undecided);
            return new BrokerError(BrokerErrorCode.Busy, "Too many attestations are being verified.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }

        try
        {
            if (!session.TryBeginAttempt(_options.Limits.MaxAttemptsPerSession))
            {
                _sessions.Close(session);
                Metrics.CountAttestation(session.Tee, DecisionOutcome.Undecided);
                return new BrokerError(BrokerErrorCode.SessionNotFound, "The session has failed too often; start a new handshake.");
            }

            return await VerifyAsync(session, request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _attesting.Release();
        }
    }

    private async ValueTask<BrokerResult<Attested>> VerifyAsync(
        Session session, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        if (!AttestRequest.TryRead(request, out var attestation, out var error))
        {
            Metrics.CountAttestation(session.Tee, DecisionOutcome.Undecided);
            return new BrokerError(BrokerErrorCode.MalformedRequest, $"The request cannot be read: {error}.");
        }

        using (attestation)
        {
            if (!attestation.HasNonce(session.Nonce))
            {
                var wrong = new BrokerError(BrokerErrorCode.AttestationFailed, "The nonce is not the one of this session.");
                return await ConcludeAsync(session, null, wrong, null, cancellationToken).ConfigureAwait(false);
            }

            var appraised = await _appraiser.AppraiseAsync(
                session.Tee, attestation.PrimaryEvidence, attestation.Digest(), attestation.InitData, cancellationToken)
                .ConfigureAwait(false);
            if (!appraised.Succeeded)
            {
                return await ConcludeAsync(session, null, appraised.Error, null, cancellationToken).ConfigureAwait(false);
            }

            var appraisal = appraised.Value;
            var token = appraisal.Error is null ? Issue(session, attestation, appraisal) : null;
            return await ConcludeAsync(session, appraisal, appraisal.Error, token, cancellationToken).ConfigureAwait(false);
        }
    }

    private IssuedToken Issue(Session session, AttestRequest attestation, Appraisal appraisal) => _options.Tokens.Issue(
        new TokenSubject
        {
            Tee = session.Tee,
            Simulated = appraisal.Simulated,
            TrustVector = appraisal.TrustVector,
            PolicyName = _options.Policy.Name,
            Nonce = session.Nonce,
            TeePublicKey = CanonicalJson.Write(attestation.TeePublicKey),
            ReportData = appraisal.ReportData,
            InitData = attestation.InitData is null ? default : appraisal.InitData,
            InitDataClaims = attestation.InitData?.Claims,
            WriteEvidence = appraisal.WriteEvidence!,
        },
        _options.Time.GetUtcNow());

    // The token exists from here on, but nobody has it: it is given out once the record is on disk.
    private async ValueTask<BrokerResult<Attested>> ConcludeAsync(
        Session session, Appraisal? appraisal, BrokerError? error, IssuedToken? token, CancellationToken cancellationToken)
    {
        var decision = NewDecision(DecisionKind.Attestation, error) with
        {
            Tee = session.Tee,
            SessionHash = session.Hash,
            Simulated = appraisal?.Simulated ?? session.Tee is KbsTee.Sample,
            EvidenceHash = appraisal?.EvidenceHash,
            Measurements = appraisal?.Measurements ?? [],
            Verdict = appraisal?.Verdict,
            TokenId = token?.Id,
        };
        error = await RecordAsync(decision, cancellationToken).ConfigureAwait(false) ?? error;
        Metrics.CountAttestation(session.Tee, error is null ? DecisionOutcome.Allowed : OutcomeOf(error));
        return error is not null || token is null
            ? error ?? new BrokerError(BrokerErrorCode.AttestationFailed, "The evidence was not accepted.")
            : new Attested(session.Id, session.Attest(token), session.Expires);
    }

    private Decision NewDecision(DecisionKind kind, BrokerError? error) => new()
    {
        Kind = kind,
        Outcome = error is null ? DecisionOutcome.Allowed : OutcomeOf(error),
        Error = error,
        Time = _options.Time.GetUtcNow(),
        PolicyName = _options.Policy.Name,
        PolicyHash = _policyHash,
    };

    private static DecisionOutcome OutcomeOf(BrokerError error) => error.Code switch
    {
        BrokerErrorCode.CollateralUnavailable or BrokerErrorCode.StorageUnavailable or BrokerErrorCode.MalformedRequest
            or BrokerErrorCode.Busy => DecisionOutcome.Undecided,
        _ => DecisionOutcome.Refused,
    };

    private async ValueTask<BrokerError?> RecordAsync(Decision decision, CancellationToken cancellationToken)
    {
        try
        {
            await _options.Audit.RecordAsync(decision, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return new BrokerError(BrokerErrorCode.StorageUnavailable, "The decision could not be recorded, so nothing was decided.")
            {
                RetryAfter = TimeSpan.FromSeconds(10),
                Cause = e,
            };
        }

        DecisionMade?.Invoke(decision);
        return null;
    }

    private static string Printable(string text) =>
        string.Concat(text.Take(32).Select(c => c is >= ' ' and < '\x7f' ? c : '?'));
}
