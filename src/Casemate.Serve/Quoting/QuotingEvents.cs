using System.Globalization;
using Casemate.Primitives.Sockets;
using Casemate.Quoting;
using Casemate.Attestation;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Qgs;
using Casemate.Quoting.Service;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Quoting;

/// <summary>
/// Logs and counts what the quote helper does: for every code that a client gets there is a line with its name, its meaning and the
/// remedy. Lines of one kind about one peer come once in ten seconds and say how many were left out.
/// </summary>
/// <param name="logger">Where lines go.</param>
/// <param name="metrics">Counts the answers.</param>
/// <param name="time">The clock.</param>
/// <param name="quotesEnclaves">False on a machine without SGX, where no back end tells of what enclaves are refused.</param>
public sealed class QuotingEvents(ILogger logger, QuoteMetrics metrics, TimeProvider time, bool quotesEnclaves = true)
    : IAesmServerEvents, IQuoteServiceEvents, IQgsServerEvents
{
    private readonly RepeatedLines _lines = new(time, TimeSpan.FromSeconds(10));

    /// <inheritdoc/>
    public void Listening(string endpoint) => QuotingLog.Listening(logger, endpoint);

    /// <inheritdoc/>
    public void SocketRestored(string endpoint) => QuotingLog.SocketRestored(logger, endpoint);

    /// <inheritdoc/>
    public void SocketLost(string endpoint, string problem) => QuotingLog.SocketLost(logger, endpoint, problem);

    /// <inheritdoc/>
    public void ConnectionRefused(string endpoint, PeerCredential credential, string limit)
    {
        if (_lines.Allows($"refused {endpoint} {limit}", out var suppressed))
        {
            QuotingLog.ConnectionRefused(logger, endpoint, credential.ProcessId, credential.UserId, limit, suppressed);
        }
    }

    /// <inheritdoc/>
    public void ConnectionDropped(string endpoint, PeerCredential credential, string reason)
    {
        if (_lines.Allows($"dropped {endpoint}", out var suppressed))
        {
            QuotingLog.ConnectionDropped(logger, endpoint, credential.ProcessId, credential.UserId, reason, suppressed);
        }
    }

    /// <inheritdoc/>
    public void Answered(Peer peer, AesmMessageType type, AesmError error)
    {
        metrics.CountRequest("sgx", "aesm", type.ToString(), peer, error);

        // What the service answered it has told before, with more than the code.
        var isProtocols = type is not (AesmMessageType.GetQuoteEx or AesmMessageType.InitQuoteEx)
            || error is AesmError.Parameter or AesmError.UnsupportedAttestationKey or AesmError.AttestationKeyNotInitialised
            || (error is AesmError.NoDevice && !quotesEnclaves);
        if (error is not AesmError.Success && isProtocols)
        {
            Line(type.ToString(), peer, error, "");
        }
    }

    /// <inheritdoc/>
    public void Faulted(string endpoint, Exception exception) => QuotingLog.Faulted(logger, endpoint, exception);

    /// <inheritdoc/>
    public void Quoted(Peer peer, TimeSpan waited, TimeSpan worked, int bytes)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            QuotingLog.Quoted(logger, NameOf(peer), bytes, waited.TotalMilliseconds, worked.TotalMilliseconds);
        }
    }

    /// <inheritdoc/>
    public void Refused(Peer peer, QuoteRefusal refusal, AesmError error)
    {
        // A client that goes away is no news; the counters have it.
        if (refusal is not QuoteRefusal.Cancelled)
        {
            Line("Quote", peer, error, $"Refused: {refusal}.");
        }
    }

    /// <inheritdoc/>
    public void Failed(Peer peer, QuoteProviderException failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        Line("Quote", peer, failure.Code, Sentence(failure.Message), failure);
    }

    /// <inheritdoc/>
    public void Initialised(string provider, TimeSpan elapsed) => QuotingLog.Initialised(logger, provider, elapsed.TotalMilliseconds);

    /// <inheritdoc/>
    public void InitialisationFailed(string provider, QuoteProviderException failure, TimeSpan? pause)
    {
        ArgumentNullException.ThrowIfNull(failure);
        QuotingLog.InitialisationFailed(
            logger, provider, failure.Code, DcapOf(failure), failure.Message, failure.Remedy, pause, failure.InnerException);
    }

    /// <inheritdoc/>
    public void EvidenceAvailable(string provider, TimeSpan elapsed) =>
        QuotingLog.EvidenceAvailable(logger, provider, elapsed.TotalMilliseconds);

    /// <inheritdoc/>
    public void EvidenceUnavailable(string provider, QuoteProviderException failure, TimeSpan pause)
    {
        ArgumentNullException.ThrowIfNull(failure);
        QuotingLog.EvidenceUnavailable(logger, provider, failure.Message, pause, failure.InnerException);
    }

    /// <inheritdoc/>
    public void ReadinessChanged(bool ready)
    {
        if (ready)
        {
            QuotingLog.Ready(logger);
        }
        else
        {
            QuotingLog.NotReady(logger);
        }
    }

    /// <inheritdoc/>
    public void NotRecorded(Peer peer, Exception cause, bool withheld)
    {
        if (_lines.Allows("not recorded", out var suppressed))
        {
            QuotingLog.NotRecorded(logger, NameOf(peer), withheld ? "withheld" : "given out without a record", suppressed, cause);
        }
    }

    /// <inheritdoc/>
    public void BackendHung(string provider, int hung) => QuotingLog.BackendHung(logger, provider, hung);

    /// <inheritdoc/>
    public void LateAnswer(string provider, Exception? failure)
    {
        if (_lines.Allows("late", out var suppressed))
        {
            QuotingLog.LateAnswer(logger, provider, suppressed, failure);
        }
    }

    /// <inheritdoc/>
    public void Answered(string peer, QgsMessageType type, QgsError error, Exception? failure)
    {
        metrics.CountRequest("tdx", "qgs", NameOf(type), new Peer(default, peer), error.ToString());
        if (error is not QgsError.Success && _lines.Allows($"qgs {type} {error} {peer}", out var suppressed))
        {
            var provider = failure as QuoteProviderException;
            QuotingLog.QgsAnswered(
                logger, NameOf(type), peer, error, (int)error, DcapOf(provider), failure is null ? MeaningOf(error) : Sentence(failure.Message),
                provider?.Remedy ?? "Look at the program that asks: the handbook's page 'quotes' explains the code.", suppressed,
                failure?.InnerException);
        }
    }

    /// <inheritdoc/>
    public void Worked(string peer, TimeSpan waited, TimeSpan worked, QgsError error)
    {
        metrics.RecordDuration(Tee.Tdx, worked, error.ToString());
        if (error is QgsError.Success && logger.IsEnabled(LogLevel.Debug))
        {
            QuotingLog.QgsQuoted(logger, peer, waited.TotalMilliseconds, worked.TotalMilliseconds);
        }
    }

    /// <inheritdoc/>
    public void NotRecorded(string peer, Exception cause)
    {
        metrics.CountUnrecorded();
        if (_lines.Allows("not recorded", out var suppressed))
        {
            QuotingLog.NotRecorded(logger, peer, "withheld", suppressed, cause);
        }
    }

    /// <inheritdoc/>
    public void Dropped(string peer, string reason)
    {
        if (_lines.Allows($"qgs dropped {peer}", out var suppressed))
        {
            QuotingLog.QgsDropped(logger, peer, reason, suppressed);
        }
    }

    private static string NameOf(QgsMessageType type) => type switch
    {
        QgsMessageType.GetCollateralRequest => "GetCollateral",
        QgsMessageType.GetPlatformInfoRequest => "GetPlatformInfo",
        _ => "GetQuote",
    };

    private static string MeaningOf(QgsError error) => error switch
    {
        QgsError.Success => "The quote was made.",
        QgsError.Unexpected => "The quote could not be made or recorded.",
        QgsError.OutOfMemory => "Too many requests wait.",
        QgsError.InvalidParameter => "The report is none of a TD, or the platform asked about is none.",
        QgsError.InvalidVersion => "The message has another major version than 1.",
        QgsError.InvalidType =>
            "No such request is answered here: there is no source of collateral (--collateral), or the back end does not know its platform.",
        QgsError.InvalidSize => "The sizes in the message do not add up.",
        QgsError.InvalidCode => "A request has an error code in it.",
        _ => "A code that the protocol does not have.",
    };

    private void Line(string request, Peer peer, AesmError error, string detail, QuoteProviderException? failure = null)
    {
        var name = NameOf(peer);
        if (_lines.Allows($"{request} {error} {failure?.DcapCode} {name}", out var suppressed))
        {
            QuotingLog.Answered(
                logger, request, name, error, (int)error, DcapOf(failure), AesmErrorText.Meaning(error), detail,
                failure?.Remedy ?? AesmErrorText.Remedy(error), suppressed, failure?.InnerException);
        }
    }

    private static string DcapOf(QuoteProviderException? failure) =>
        failure?.DcapCode is { } code ? "0x" + code.ToString("X", CultureInfo.InvariantCulture) : "none";

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";

    // A process id is no name: a client that starts a process for each try would write a line for each.
    private static string NameOf(Peer peer) => peer switch
    {
        { Namespace: { } ns, PodName: { } pod } => $"{ns}/{pod}",
        { PodUid: { } uid } => "pod " + uid,
        { Identification: PeerIdentification.Allocation } => peer.Endpoint,
        _ => $"unknown peer (user {peer.Credential.UserId.ToString(CultureInfo.InvariantCulture)})",
    };
}
