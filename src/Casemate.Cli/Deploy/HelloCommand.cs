using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Cli.Cluster;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Quotes;
using Casemate.Cli.Verify;
using Casemate.Collateral;
using Casemate.Kubernetes;
using Casemate.Oci;
using Casemate.Quoting.Sgx;

namespace Casemate.Cli.Deploy;

/// <summary><c>casemate deploy hello</c>: does this cluster give evidence, and does it hold?</summary>
internal sealed class HelloCommand : CliCommand
{
    private const int ReportDataBytes = 64;
    private const string SimulatedRoots = ".simulated-roots.pem";

    private readonly ClusterOptions _cluster = new();

    private readonly Option<string?> _namespace = new("--namespace", "-n")
    {
        Description = "The namespace of the workload. Default: that of the kubeconfig's context, else 'default'.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _image = new("--image")
    {
        Description = "The image of this program. Default: the one that the add-on's node agent runs.",
        HelpName = "IMAGE",
    };

    private readonly Option<string> _tee = new Option<string>("--tee")
    {
        Description = "The kind of evidence. Default: sgx.",
        HelpName = "sgx|tdx|snp",
        DefaultValueFactory = _ => KbsTee.Sgx,
    }.AcceptOnlyFromAmong(KbsTee.Sgx, KbsTee.Tdx, KbsTee.Snp);

    private readonly JudgementOptions _judgement = new();

    private readonly Option<bool> _allowSimulated = new("--allow-simulated")
    {
        Description = "Also accept the root that the evidence itself brings, as a simulated one. It proves nothing, and says so: exit code 20.",
    };

    private readonly Option<string?> _evidenceOut = new("--evidence-out")
    {
        Description = "Keep the evidence in this file, for casemate verify; with --allow-simulated its root beside it, as "
            + $"FILE{SimulatedRoots}.",
        HelpName = "FILE",
    };

    private readonly Option<string> _timeout = new("--timeout")
    {
        Description = "Seconds that the cluster may take to answer, and then the workload until it has ended. Default: 300.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => "300",
    };

    private readonly Option<bool> _keep = new("--keep") { Description = "Leave the Job in the cluster." };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Print the Job's manifest, and that of its claim where devices come by claims, and make nothing.",
    };

    public HelloCommand()
        : base(
            "hello",
            "Run a sample workload, get its evidence over a fresh nonce through the quote helper, verify it, and remove the workload. Exit "
            + "code 0 accepted, 1 rejected, 4 no evidence, 5 not permitted, 20 accepted but simulated.",
            new CommandExample("After casemate addon install", "casemate deploy hello"),
            new CommandExample("In a cluster whose hardware is described", "casemate deploy hello --allow-simulated"),
            new CommandExample("Under a policy, for a script", "casemate deploy hello --policy policy.yaml --collateral fleet.tar -o json"),
            new CommandExample("What would be applied", "casemate deploy hello --dry-run"))
    {
        Add(_namespace);
        _cluster.AddTo(this);
        Add(_image);
        Add(_tee);
        _judgement.AddTo(this);
        Add(_allowSimulated);
        Add(_evidenceOut);
        Add(_timeout);
        Add(_keep);
        Add(_dryRun);
    }

    /// <summary>The removal of the workload has its time after a signal.</summary>
    protected override TimeSpan Patience => TimeSpan.FromSeconds(15);

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        if (arguments.GetValue(_evidenceOut) is { } file)
        {
            OutputFile.Require("--evidence-out", file);
        }

        var reportData = RandomNumberGenerator.GetBytes(ReportDataBytes);
        var tee = KbsTee.TryParse(arguments.GetRequiredValue(_tee))!.Value;
        var limit = Seconds.Parse("--timeout", arguments.GetRequiredValue(_timeout), 1, 3600);
        await using var judgement = await _judgement.OpenAsync(
            context, context.Now, reportData, new GpuPolicy(), new GuestImagePolicy(), cancellationToken);
        using var client = _cluster.Open(context, "casemate-deploy", limit);
        var place = NamespaceOf(arguments.GetValue(_namespace) ?? client.Configuration.Namespace);
        try
        {
            var addon = await InstalledAddon.FindAsync(client, cancellationToken);
            var request = OfHello(judgement.Request, tee, addon);
            var nodes = (await client.ListAsync(KubeResource.Nodes, KubeListOptions.All, cancellationToken)).Items;
            var workload = new HelloWorkload
            {
                Name = $"casemate-hello-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}",
                Namespace = place,
                Image = ImageOf(arguments.GetValue(_image), addon),
                Device = addon.UsesClaims
                    ? await ClaimOffer.FindAsync(client, nodes, tee, addon.IsSimulated, cancellationToken) : EpcOffer.Find(nodes),
                Tee = tee,
                ReportData = reportData,
                Limit = limit,
                IsKept = arguments.GetValue(_keep),
            };
            if (arguments.GetValue(_dryRun))
            {
                WriteManifest(context.Console, workload);
                return ExitCode.Success;
            }

            var evidence = await new HelloRun(client, workload, context.Console, context.Invocation.Time).RunAsync(cancellationToken);
            return Judge(context, request, judgement.Roots, workload, evidence, addon);
        }
        catch (KubeException exception)
        {
            throw ClusterFailure.Of(
                exception,
                $"It takes 'create' and 'delete' of jobs, 'list' of pods and 'get' of pods/log in namespace {place}, 'list' of nodes, and "
                + "'get' of daemonsets in namespace casemate-node; where devices come by claims also 'create' of resourceclaimtemplates there "
                + "and 'list' of resourceslices.");
        }
        catch (KubeConfigurationException exception)
        {
            throw ClusterFailure.Of(exception);
        }
    }

    private static string ImageOf(string? named, InstalledAddon addon)
    {
        var image = named ?? addon.Image;
        return ImageReference.TryParse(image, out _, out var problem)
            ? image
            : throw CliException.Usage(
                $"{(named is null ? "the add-on's image" : "--image")} is not a reference of an image: {problem}",
                "Write it as registry.example/casemate:1, or with '@sha256:' and the digest.");
    }

    // RFC 1123, section 2.1, as Kubernetes takes it; what is no such name may have been written by anybody into a kubeconfig.
    private static string NamespaceOf(string name) =>
        name.Length is > 0 and <= 63 && name[0] != '-' && name[^1] != '-'
            && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-')
            ? name : throw CliException.BadInput(
                $"'{ErrorText.OneLine(name.Length <= 63 ? name : name[..63] + "...")}' is no name of a namespace",
                "Name one of 'kubectl get namespaces' with --namespace, or mend the context in the kubeconfig.");

    // Of SGX it has to be this program's enclave, or where machines are described the simulated node: other enclaves were not asked. A cluster
    // that calls its machines described gains nothing by it, for no enclave of hardware has the simulated node's MRENCLAVE.
    private static VerificationRequest OfHello(VerificationRequest request, Tee tee, InstalledAddon addon)
    {
        if (tee is not Tee.Sgx)
        {
            return request;
        }

        var mrEnclave = addon.IsSimulated ? SimulatedNode.Measurement.MrEnclave : ReportEnclave.MrEnclave.ToArray();
        return request.Policy.OfEnclave(mrEnclave) is { } policy
            ? request with { Policy = policy }
            : throw CliException.Usage(
                "the policy names the enclaves that it accepts, and hello's is not among them",
                $"Add its MRENCLAVE {Convert.ToHexStringLower(mrEnclave)}, or judge hello without --policy.");
    }

    private static void WriteManifest(ConsoleOutput console, HelloWorkload workload)
    {
        var (job, template) = (workload.ToManifest(), workload.ToClaimTemplate(null));
        if (console.Format is OutputFormat.Json)
        {
            var document = template is null
                ? job : new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray(template, job) };
            console.WriteDocument(json =>
            {
                foreach (var (name, value) in document)
                {
                    json.WritePropertyName(name);
                    value!.WriteTo(json);
                }
            });
        }
        else
        {
            console.Out.Write(ManifestWriter.Write([.. template is null ? [] : new[] { KubeObject.From(template) }, KubeObject.From(job)]));
        }
    }

    private int Judge(
        CommandContext context, VerificationRequest request, string roots, HelloWorkload workload, HelloEvidence said, InstalledAddon addon)
    {
        var evidence = EvidenceBundle.Parse(said.Bundle, $"pod {workload.Namespace}/{said.Pod}");
        if (context.Arguments.GetValue(_evidenceOut) is { } file)
        {
            OutputFile.Write("--evidence-out", file, said.Bundle, OutputFile.Readable);
        }

        if (evidence.Tee != workload.Tee)
        {
            throw new CliException(
                ExitCode.Refused,
                $"the evidence is of another kind than was asked for: {(evidence.Tee is { } other ? KbsTee.NameOf(other) : "unknown")} in "
                + $"place of {KbsTee.NameOf(workload.Tee)}");
        }

        var allowed = context.Arguments.GetValue(_allowSimulated);
        IReadOnlyList<(ReadOnlyMemory<byte> Der, SnpProduct? Product)> brought = allowed ? RootCertificates.Within(evidence.Included) : [];
        if (allowed)
        {
            request = request with { Roots = RootOptions.Allow(request.Roots, brought) };
            roots += ", and the one that came with the evidence (--allow-simulated)";
        }

        var finding = request.Verify(evidence);
        FindingReport.Write(
            context.Console, finding, evidence, request, roots,
            [
                ("workload", $"Job {workload.Namespace}/{workload.Name}, {workload.Device.Amount} of {workload.Device.Name}"),
                ("node", said.Node.Length > 0 ? said.Node : "not named"),
            ],
            json => WriteWorkload(json, workload, said));
        if (!finding.Accepted && addon.IsSimulated && !allowed)
        {
            context.Console.Note(
                "The hardware of this cluster is described, and its quotes are simulated: they lead to no production root. With --allow-simulated "
                + "they are judged under their own, which proves nothing; accepted ones then end with exit code 20.");
        }

        var exitCode = VerdictLine.ExitCodeOf(finding);
        if (allowed && exitCode is ExitCode.Simulated && context.Arguments.GetValue(_evidenceOut) is { } kept)
        {
            KeepRoots(context.Console, kept, brought);
        }

        return exitCode;
    }

    // Verifying trusts nothing that the evidence brings: for that its root is named, from a file that says in its name what it is.
    private static void KeepRoots(ConsoleOutput console, string evidence, IReadOnlyList<(ReadOnlyMemory<byte> Der, SnpProduct? Product)> roots)
    {
        var file = evidence + SimulatedRoots;
        var pem = string.Concat(roots.Select(root => PemEncoding.WriteString("CERTIFICATE", root.Der.Span) + "\n"));
        OutputFile.Write("--evidence-out", file, Encoding.ASCII.GetBytes(pem), OutputFile.Readable);
        console.Note(
            $"the evidence is kept, and its simulated root beside it; to judge it again: casemate verify {ErrorText.OneLine(evidence)} --root "
            + ErrorText.OneLine(file));
    }

    private static void WriteWorkload(Utf8JsonWriter json, HelloWorkload workload, HelloEvidence said)
    {
        json.WriteStartObject("workload");
        json.WriteString("namespace", workload.Namespace);
        json.WriteString("job", workload.Name);
        json.WriteString("pod", said.Pod);
        json.WriteString("node", said.Node);
        json.WriteString("image", workload.Image);
        json.WriteString("resource", workload.Device.Name);
        json.WriteString("amount", workload.Device.Amount);
        json.WriteBoolean("kept", workload.IsKept);
        json.WriteEndObject();
    }
}
