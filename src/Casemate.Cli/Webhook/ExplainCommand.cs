using System.CommandLine;
using System.Text.Json;
using Casemate.Admission;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Serve;
using Casemate.KataPolicy.Manifests;

namespace Casemate.Cli.Webhook;

/// <summary><c>casemate webhook explain</c>: what the webhook would change in pods, and why. Without a cluster.</summary>
internal sealed class ExplainCommand : CliCommand
{
    private readonly Option<string[]> _files = new("--file", "-f")
    {
        Description = "A file with Kubernetes documents of any kind, YAML or JSON; '-' is standard input.",
        HelpName = "FILE",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _namespace = new("--namespace", "-n")
    {
        Description = "The namespace of pods that name none. Default: default.",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _nodes = new("--node")
    {
        Description = "A node of the cluster that the pod shall run in: a machine of 'casemate node machines', or a directory (a path with "
            + "a slash). Without one, requests keep their names.",
        HelpName = "MACHINE|DIR",
        Arity = ArgumentArity.OneOrMore,
    };

    public ExplainCommand()
        : base(
            "explain",
            "Print what the webhook would change in the pods of a file and why, without a cluster. Exit code 0 whatever is changed, 1 when "
                + "a pod would be refused, 3 when a file cannot be read.",
            new CommandExample("A pod", "casemate webhook explain -f pod.yaml"),
            new CommandExample("For nodes with much EPC", "casemate webhook explain -f app.yaml --node dc48s_v3"),
            new CommandExample("In a pipeline", "helm template app | casemate webhook explain -f - -o json"))
    {
        Add(_files);
        Add(_namespace);
        Add(_nodes);
        foreach (var setting in (IReadOnlyList<Setting>)[.. WebhookSettings.Judgement, SettingsFile.Named])
        {
            setting.AddTo(this);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        context = context with { File = SettingsFile.Open(context, WebhookSettings.Judgement) };
        var settings = WebhookArguments.ReadJudgement(context);
        var cluster = new ClusterFacts([.. (context.Arguments.GetValue(_nodes) ?? []).Select(SampleNode.Of)]);
        var fallback = context.Arguments.GetValue(_namespace) is { Length: > 0 } name ? name : "default";
        var pods = context.Arguments.GetValue(_files)!.SelectMany(file => Explain(context, file, fallback, cluster, settings)).ToList();
        if (context.Console.Format is OutputFormat.Table)
        {
            Write(context.Console, pods);
        }
        else
        {
            context.Console.WriteDocument(json => Write(json, pods));
        }

        return Task.FromResult(pods.Exists(pod => pod.Decision.IsDenied) ? ExitCode.Refused : ExitCode.Success);
    }

    private static IEnumerable<ExplainedPod> Explain(
        CommandContext context, string file, string fallback, ClusterFacts cluster, AdmissionSettings settings)
    {
        var shown = file == "-" ? "stdin" : file;
        var content = InputFile.ReadOrStandardInput(context, "--file", file, ManifestLimits.MaxFileBytes);
        if (!ManifestDocument.TryReadAll(shown, content, out var documents, out var problem))
        {
            throw CliException.BadInput($"{problem!.Location}: {problem.Message}", problem.Remedy.Length > 0 ? problem.Remedy : null);
        }

        foreach (var document in documents)
        {
            using var json = JsonDocument.Parse(document.Json, new JsonDocumentOptions { MaxDepth = 256 });
            foreach (var template in PodTemplate.Find(json.RootElement))
            {
                var decision = template.Problem is { } malformed
                    ? new AdmissionDecision
                    {
                        Findings = [malformed with { Denies = settings.Denied.Contains(malformed.Id) }],
                    }
                    : PodAdmission.Decide(template.Pod, new NamespaceFacts(template.Namespace ?? fallback), cluster, settings);
                yield return new ExplainedPod(shown, document, template with { Pod = default }, decision);
            }
        }
    }

    private static void Write(ConsoleOutput console, List<ExplainedPod> pods)
    {
        if (pods.Count == 0)
        {
            console.Note("there is no pod in it");
        }

        foreach (var pod in pods)
        {
            var decision = pod.Decision;
            console.Out.WriteLine(console.Paint(Tone.Strong, ErrorText.OneLine($"{pod.Locate("")}: {pod.Title}")));
            if (decision.FamilyReason.Length > 0)
            {
                console.Out.WriteLine($"{Casemate.Kubernetes.EpcText.Of(decision.EpcBytes)} of EPC. {decision.FamilyReason}");
            }

            foreach (var finding in decision.Findings)
            {
                var tone = finding.Denies ? Tone.Bad : Tone.Caution;
                console.Out.WriteLine($"{console.Paint(tone, finding.Denies ? "refused" : "warning")} {finding.Id}: "
                    + ErrorText.OneLine($"{pod.Locate(finding.Path)}: {finding.Message} {finding.Remedy}".TrimEnd()));
            }

            WriteChanges(console, pod);
            console.Out.WriteLine();
        }
    }

    private static void WriteChanges(ConsoleOutput console, ExplainedPod pod)
    {
        var decision = pod.Decision;
        if (decision.Patch.IsEmpty)
        {
            console.Out.WriteLine(
                decision.IsDenied ? "The pod would be refused."
                : decision.UsesSgx ? "Nothing is changed: the pod is complete."
                : pod.Template.Problem is not null ? "Nothing is changed: there is no pod that can be read."
                : "Nothing is changed: the pod asks for nothing.");
            return;
        }

        var table = new TextTable("CHANGE", "WHERE", "VALUE", "WHY");
        foreach (var operation in decision.Patch.Where(operation => operation.Reason is not null))
        {
            table.Add(
                operation.Verb is PatchVerb.Remove ? Tone.Caution : Tone.Good, operation.Verb is PatchVerb.Remove ? "remove" : "add",
                operation.Path, operation.Value ?? "", operation.Reason!);
        }

        table.Write(console);
    }

    private static void Write(Utf8JsonWriter json, List<ExplainedPod> pods)
    {
        json.WriteString("apiVersion", Primitives.ApiVersion.V1);
        json.WriteStartArray("pods");
        foreach (var pod in pods)
        {
            json.WriteStartObject();
            json.WriteString("file", pod.File);
            json.WriteString("place", pod.Locate(""));
            json.WriteString("kind", pod.Template.Kind);
            json.WriteString("name", pod.Template.Name);
            json.WriteString("path", pod.Template.Path);
            ExplainedJson.Write(json, pod);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
