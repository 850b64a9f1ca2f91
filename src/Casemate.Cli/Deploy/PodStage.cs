namespace Casemate.Cli.Deploy;

/// <summary>How far a pod is that shall run to its end.</summary>
internal enum PodStage
{
    /// <summary>It does not run yet.</summary>
    Waiting = 0,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>Its container ended.</summary>
    Ended,

    /// <summary>It will not run without a change.</summary>
    Stuck,
}
