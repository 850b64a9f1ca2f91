namespace Casemate.Attestation.Tdx;

/// <summary>What the digest of an event says of the event's data. Only digests are measured; data are as true as this.</summary>
public enum EventDataBinding
{
    /// <summary>The data describe what was measured, and nothing vouches for the description.</summary>
    DescribedOnly = 0,

    /// <summary>The digest is that of the data (or of the part that this kind of event measures): the data are what was measured.</summary>
    Verified,

    /// <summary>An event of this kind measures its data, but the digest is another one: somebody changed the data.</summary>
    Contradicted,
}
