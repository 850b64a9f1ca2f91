namespace Casemate.Node.Metrics;

/// <summary>What became of a claim that the kubelet asked about.</summary>
internal enum ClaimResult
{
    /// <summary>The machine or the API server did not let it be done; the kubelet asks again.</summary>
    Failed = 0,

    /// <summary>The claim itself cannot be honoured.</summary>
    Refused,

    /// <summary>It was done.</summary>
    Ok,
}
