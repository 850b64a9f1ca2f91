using Casemate.Admission;
using Casemate.KataPolicy.Manifests;

namespace Casemate.Cli.Webhook;

/// <summary>A pod of a file with its judgement.</summary>
/// <param name="File">The file.</param>
/// <param name="Document">The document that it stands in.</param>
/// <param name="Template">It.</param>
/// <param name="Decision">What the webhook would do.</param>
internal sealed record ExplainedPod(string File, ManifestDocument Document, PodTemplate Template, AdmissionDecision Decision)
{
    /// <summary>Where a path of the pod stands in the file.</summary>
    public string Locate(string path) => Document.Locate(
        Template.Path.Length == 0 ? path : path.Length == 0 ? Template.Path : $"{Template.Path}.{path}").ToString();

    /// <summary>What it is called in messages.</summary>
    public string Title => Template.Title;
}
