namespace Casemate.Quoting.Service;

/// <summary>What the service tells its host, which logs it. Called from many threads at once; must not block, and must not throw.</summary>
public interface IQuoteServiceEvents
{
    /// <summary>A quote was given out.</summary>
    /// <param name="peer">Who asked.</param>
    /// <param name="waited">Time in the queue.</param>
    /// <param name="worked">Time in the back end.</param>
    /// <param name="bytes">Length of the quote.</param>
    void Quoted(Peer peer, TimeSpan waited, TimeSpan worked, int bytes);

    /// <summary>The service refused a request.</summary>
    /// <param name="peer">Who asked.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="error">What the client is told.</param>
    void Refused(Peer peer, QuoteRefusal refusal, AesmError error);

    /// <summary>The back end refused a request or failed at it.</summary>
    /// <param name="peer">Who asked.</param>
    /// <param name="failure">What happened: the client's code, the library's code, the remedy.</param>
    void Failed(Peer peer, QuoteProviderException failure);

    /// <summary>The attestation key is made and certified.</summary>
    /// <param name="provider">The back end.</param>
    /// <param name="elapsed">How long that took.</param>
    void Initialised(string provider, TimeSpan elapsed);

    /// <summary>The attestation key could not be made or certified.</summary>
    /// <param name="provider">The back end.</param>
    /// <param name="failure">What happened.</param>
    /// <param name="pause">When the next try comes; null when it is not known here.</param>
    void InitialisationFailed(string provider, QuoteProviderException failure, TimeSpan? pause);

    /// <summary>On a machine without SGX: the first evidence of the machine itself was made.</summary>
    /// <param name="provider">The back end.</param>
    /// <param name="elapsed">How long that took.</param>
    void EvidenceAvailable(string provider, TimeSpan elapsed);

    /// <summary>On a machine without SGX: the first evidence of the machine itself could not be made.</summary>
    /// <param name="provider">The back end.</param>
    /// <param name="failure">What happened.</param>
    /// <param name="pause">When the next try comes.</param>
    void EvidenceUnavailable(string provider, QuoteProviderException failure, TimeSpan pause);

    /// <summary>The service became ready, or is ready no longer.</summary>
    void ReadinessChanged(bool ready);

    /// <summary>A quote could not be recorded.</summary>
    /// <param name="peer">Who asked.</param>
    /// <param name="cause">Why.</param>
    /// <param name="withheld">True when the quote is not given out for that.</param>
    void NotRecorded(Peer peer, Exception cause, bool withheld);

    /// <summary>The back end has not come back from a call for <see cref="QuoteServiceOptions.BackendTimeout"/>.</summary>
    /// <param name="provider">The back end.</param>
    /// <param name="hung">How many calls hang now.</param>
    void BackendHung(string provider, int hung);

    /// <summary>The back end came back from a call whose client no longer waited.</summary>
    /// <param name="provider">The back end.</param>
    /// <param name="failure">How the call failed; null: it made a quote, which is dropped.</param>
    void LateAnswer(string provider, Exception? failure);
}
