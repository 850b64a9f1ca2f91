namespace Casemate.Quoting.Service;

/// <summary>Tells nobody.</summary>
internal sealed class NoServiceEvents : IQuoteServiceEvents
{
    public static NoServiceEvents Instance { get; } = new();

    public void Quoted(Peer peer, TimeSpan waited, TimeSpan worked, int bytes)
    {
    }

    public void Refused(Peer peer, QuoteRefusal refusal, AesmError error)
    {
    }

    public void Failed(Peer peer, QuoteProviderException failure)
    {
    }

    public void Initialised(string provider, TimeSpan elapsed)
    {
    }

    public void InitialisationFailed(string provider, QuoteProviderException failure, TimeSpan? pause)
    {
    }

    public void EvidenceAvailable(string provider, TimeSpan elapsed)
    {
    }

    public void EvidenceUnavailable(string provider, QuoteProviderException failure, TimeSpan pause)
    {
    }

    public void ReadinessChanged(bool ready)
    {
    }

    public void NotRecorded(Peer peer, Exception cause, bool withheld)
    {
    }

    public void BackendHung(string provider, int hung)
    {
    }

    public void LateAnswer(string provider, Exception? failure)
    {
    }
}
