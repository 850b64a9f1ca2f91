namespace Casemate.KataPolicy.Generation;

/// <summary>How generated policies are packed and written.</summary>
public sealed record GenerationOptions
{
    /// <summary>True to write the initdata annotation of Kata Containers.</summary>
    public bool WriteInitdata { get; init; } = true;

    /// <summary>True to write the policy annotation of AKS.</summary>
    public bool WriteAgentPolicy { get; init; }

    /// <summary>The initdata's algorithm: <c>sha256</c>, <c>sha384</c> or <c>sha512</c>; null: that of the document extended, or sha256.</summary>
    public string? Algorithm { get; init; }

    /// <summary>The initdata whose entries are kept beside the policy; null: those of the workload's own annotation, if it has one.</summary>
    public Initdata.InitdataDocument? Initdata { get; init; }

    /// <summary>True to write image references by digest into the documents, with tags kept in annotations.</summary>
    public bool LockDigests { get; init; }
}
