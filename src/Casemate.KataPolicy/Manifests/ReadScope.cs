using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Where findings of one file go, and the caller's wishes about them.</summary>
internal sealed class ReadScope(string file, bool ignoreUnknownFields)
{
    private readonly List<PolicyFinding> _findings = [];
    private int _dropped;

    public string File { get; } = file;

    public bool IgnoreUnknownFields { get; } = ignoreUnknownFields;

    public ImmutableArray<PolicyFinding> Findings => _dropped == 0
        ? [.. _findings]
        : [.. _findings, PolicyFinding.Error("", $"{_dropped} more findings are not shown", "Mend the ones above first.") with
        {
            Location = new SourceLocation(File, 1, 1),
        }];

    /// <summary>True when further findings are only counted.</summary>
    public bool IsFull => _findings.Count == ManifestLimits.MaxFindings;

    public SourceLocation Locate(ManifestNode node) => new(File, Math.Max(1, node.Line), Math.Max(1, node.Column));

    public void Add(PolicyFinding finding)
    {
        if (_findings.Count < ManifestLimits.MaxFindings)
        {
            _findings.Add(finding);
        }
        else
        {
            _dropped++;
        }
    }

    /// <summary>Takes a finding back: another one tells the same, and more.</summary>
    public void Remove(PolicyFinding finding)
    {
        if (!_findings.Remove(finding))
        {
            _dropped--;
        }
    }

    public void Error(ManifestNode at, string path, string message, string remedy) =>
        Add(PolicyFinding.Error(path, message, remedy) with { Location = Locate(at) });

    public void Warning(ManifestNode at, string path, string message, string remedy) =>
        Add(PolicyFinding.Warning(path, message, remedy) with { Location = Locate(at) });
}
