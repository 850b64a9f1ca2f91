namespace Casemate.Admission;

/// <summary>What is known of the namespace of a pod.</summary>
/// <param name="Name">Its name.</param>
public sealed record NamespaceFacts(string Name)
{
    /// <summary>True when its pods with EPC get <c>SGX_AESM_ADDR=1</c>: the annotation <see cref="PodNames.AesmAddress"/>.</summary>
    public bool SetsAesmAddress { get; init; }
}
