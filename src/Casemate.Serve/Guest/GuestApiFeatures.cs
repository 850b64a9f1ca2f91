namespace Casemate.Serve.Guest;

/// <summary>Which halves of the guest API are offered, in the words of its <c>/info</c>.</summary>
public enum GuestApiFeatures
{
    /// <summary>Resources and attestation.</summary>
    All = 0,

    /// <summary><c>/cdh/resource</c> alone.</summary>
    Resource,

    /// <summary><c>/aa/*</c> alone.</summary>
    Attestation,
}
