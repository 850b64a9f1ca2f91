using Casemate.Images.Roots;
using Casemate.Oci;

namespace Casemate.Images.Closure;

/// <summary>What the steps of one closure share.</summary>
internal sealed class ClosureWork
{
    private const int MaxFindings = 10_000;
    private readonly HashSet<ClosureFinding> _findings = [];

    /// <summary>Starts.</summary>
    public ClosureWork(IRootFileSystem root, ClosureOptions options)
    {
        Options = options;
        Walk = new RootWalk(root);
        Files = new ClosureFiles(Walk, options.MaxFiles);
        Objects = new ObjectStore(Walk, Files, options.MaxObjectBytes);
        Sources = new LoaderSources(Walk);
    }

    /// <summary>The options.</summary>
    public ClosureOptions Options { get; }

    /// <summary>The root.</summary>
    public RootWalk Walk { get; }

    /// <summary>The files so far.</summary>
    public ClosureFiles Files { get; }

    /// <summary>The programs and libraries that were read.</summary>
    public ObjectStore Objects { get; }

    /// <summary>Cache and configuration of the GNU loader.</summary>
    public LoaderSources Sources { get; }

    /// <summary>The findings so far.</summary>
    public IReadOnlyCollection<ClosureFinding> Findings => _findings;

    /// <summary>Adds a finding once.</summary>
    public void Report(ClosureFindingKind kind, ClosureSeverity severity, string path, string message)
    {
        var finding = new ClosureFinding(kind, severity, path, message);
        if (_findings.Count == MaxFindings)
        {
            throw new OciException(OciError.LimitExceeded, $"there are more than {MaxFindings} findings; the last is: {message}", "Look at the files before you pack them.");
        }

        _findings.Add(finding);
    }

    /// <summary>Reports that something is missing, by the severity that the options give it.</summary>
    public void ReportMissing(ClosureFindingKind kind, string name, string path, string message)
    {
        if (Options.AllowMissing.Contains(name, StringComparer.Ordinal))
        {
            Report(ClosureFindingKind.MissingAllowed, ClosureSeverity.Note, path, message + "; that is allowed");
        }
        else
        {
            Report(kind, ClosureSeverity.Error, path, message);
        }
    }
}
