using System.Collections.Immutable;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Image;
using Casemate.Cli.Output;
using Casemate.KataPolicy.Derivation;
using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;
using Casemate.Oci;

namespace Casemate.Cli.Policy;

/// <summary>Runs the generator for a command: reads its inputs, makes policies, tells what was noticed, writes results.</summary>
internal sealed class PolicyMaker(CommandContext context, RegistryAccess registries)
{
    private const int MaxRulesBytes = 4 * 1024 * 1024;

    // What was noticed before there was any workload: in settings of genpolicy, and of places of images.
    private readonly List<PolicyFinding> _before = [];

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CliException">Something forbids policies (exit code 3), or the command line makes no sense (2).</exception>
    public async Task<int> RunAsync(GenerateRequest request, CancellationToken cancel)
    {
        if (request.InPlace && request.Files.Contains("-"))
        {
            throw CliException.Usage(
                $"{request.Names.InPlace}: standard input cannot be written in place",
                $"Name a file. To read standard input and write to standard output, use {request.Names.StandardInput}.");
        }

        PolicyInput.RequireOneStandardInput(request.Files.Concat(request.Inputs));
        var profile = ProfileOf(request);
        var rules = RulesOf(request.Names.Rules, request.RulesPath);
        using var client = registries.Open(context);
        var cache = request.NoCache ? null : request.CacheDirectory ?? LayerRootDirectory.DefaultPath(context.Invocation.Environment);
        var locations = LocationsOf(request.Images);
        var packing = request.Packing with { Initdata = InitdataOf(request.InitdataPath) };
        var files = request.Files.Select(file => Read(request.Names.File, file, request.Manifests)).ToList();
        RequirePrintable(files, request);
        var images = new ImageResolver(new ImageResolverOptions
        {
            Registries = client,
            Locations = WithLocked(locations, files),
            ContainerdRoot = request.ContainerdRoot,
            Platform = request.Platform,
            Cache = cache is null ? null : new ImageFactsDirectory(Path.Combine(cache, "images")),
            Roots = new LayerRoots(cache is null ? null : new LayerRootDirectory(cache)),
            Progress = new LayerNotes(context.Console),
        });
        IPodPolicySource source = new PodPolicySource(images, profile, DerivationOptions.Default with { Signer = request.Signer });
        if (rules is not null)
        {
            source = new CustomRules(source, rules);
        }

        // Before the images are looked for: a name that is written wrong is why one is asked for elsewhere.
        var unused = UnusedLocations(locations.Keys, files, profile);
        foreach (var finding in unused.Select(reference => PolicyFinding.Warning(
            "", $"--image '{reference}': no container has this image", "Write the reference as the YAML has it.")))
        {
            _before.Add(finding);
            context.Console.Warn($"{ErrorText.OneLine(finding.Message)}. {finding.Remedy}");
        }

        var inputs = request.Inputs.Select(file => Read(request.Names.Inputs, file, request.Manifests)).ToList();
        var result = await PolicyGenerator.GenerateAsync(files, inputs, source, packing, cancel);
        Report(result.Findings);
        if (Refusal(result, request, unused.Count) is { } refusal)
        {
            WriteRefused(result.Findings, refusal.Message);
            throw refusal;
        }

        await WriteAsync(result, request, profile, cancel);
        return ExitCode.Success;
    }

    private RuntimeProfile ProfileOf(GenerateRequest request)
    {
        var name = request.Profile
            ?? (request.Packing is { WriteAgentPolicy: true, WriteInitdata: false } ? BuiltInProfiles.Aks : BuiltInProfiles.Default).Name;
        if (!BuiltInProfiles.TryFind(name, out var profile))
        {
            throw CliException.Usage(
                $"--profile '{name}' is not known", $"There are {string.Join(", ", BuiltInProfiles.All.Select(known => known.Name))}.");
        }

        if (request.SettingsPath is not { } path)
        {
            return profile;
        }

        var reading = GenpolicySettings.Load(path, profile);
        _before.AddRange(reading.Findings.Select(
            finding => finding.Location is null ? finding with { Location = new SourceLocation(path, 1, 1) } : finding));
        Report(_before);
        if (reading.Profile is { } read)
        {
            return read;
        }

        var refusal = CliException.BadInput($"{request.Names.Settings}: '{path}' cannot be used", "Mend what is named above, and run again.");
        WriteRefused([], refusal.Message);
        throw refusal;
    }

    // Before anything is fetched: no image makes rules readable.
    private string? RulesOf(string option, string? path)
    {
        if (path is null)
        {
            return null;
        }

        var rules = InputFile.ReadText(option, path, MaxRulesBytes);
        var errors = CustomRules.Check(path, rules);
        if (errors.IsEmpty)
        {
            return rules;
        }

        Report(errors);
        var refusal = CliException.BadInput(
            $"{option}: the agent would refuse the rules in '{path}': {Plural.Of(errors.Length, "error")}",
            "Mend what is named above: the agent reads Rego as it was before OPA 1.0.");
        WriteRefused(errors, refusal.Message);
        throw refusal;
    }

    private ManifestFile Read(string option, string path, ManifestOptions options) =>
        ManifestFile.Read(PolicyInput.NameOf(path), PolicyInput.ReadBytes(context, option, path), options);

    // Several texts behind one another would be one that no agent reads. Said before images are looked for, and only where the files are sound.
    private static void RequirePrintable(List<ManifestFile> files, GenerateRequest request)
    {
        if (request.Workload is not null && !request.PrintText && !request.PrintEncoded)
        {
            throw CliException.Usage(
                "--workload chooses whose policy is printed, and none is", $"Add {request.Names.Raw} or --print-policy, or leave it out.");
        }

        if (files.Exists(HasErrors))
        {
            return;
        }

        var names = files.SelectMany(file => file.Workloads).Select(WorkloadName.Of).ToList();
        if (request.Workload is not { } wanted)
        {
            if (request.PrintText && names.Count > 1)
            {
                throw CliException.Usage(
                    $"{request.Names.Raw} prints one policy, and there are {names.Count} workloads: {WorkloadName.List(names)}",
                    $"Choose one with --workload, such as --workload {WorkloadName.List(names).Split(',')[0]}.");
            }

            return;
        }

        var meant = names.Where(name => name.IsMeant(wanted)).ToList();
        if (meant.Count != 1 && names.Count > 0)
        {
            throw CliException.Usage(
                meant.Count == 0 ? $"--workload '{wanted}': there is no such workload" : $"--workload '{wanted}': {meant.Count} workloads are called so",
                $"There are: {WorkloadName.List(names, withNamespace: meant.Count > 1)}.");
        }
    }

    private static bool HasErrors(ManifestFile file) => file.Findings.Any(finding => finding.Severity is FindingSeverity.Error);

    // An image that was locked by digest is still the one that --image names by the tag it had; its digest is compared wherever it lies.
    private static Dictionary<string, string> WithLocked(Dictionary<string, string> locations, List<ManifestFile> files)
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (reference, place) in locations)
        {
            places[InFull(reference)] = place;
        }

        var all = new Dictionary<string, string>(locations, StringComparer.Ordinal);
        foreach (var (image, original) in files.SelectMany(file => file.Workloads).SelectMany(Locked))
        {
            if (!places.ContainsKey(InFull(image)) && places.TryGetValue(InFull(original), out var place))
            {
                _ = all.TryAdd(image, place);
            }
        }

        return all;
    }

    // The containers whose image stands by digest, with the reference that --lock-digests kept beside it.
    private static IEnumerable<(string Image, string Original)> Locked(Workload workload)
    {
        foreach (var container in workload.Pod.AllContainers)
        {
            if (ImageReference.TryParse(container.Image, out var reference, out _) && reference.Digest is not null
                && workload.Annotations.FirstOrDefault(one => one.Name == PolicyAnnotation.ImageTagPrefix + container.Name) is { } tag)
            {
                yield return (container.Image, tag.Value);
            }
        }
    }

    private static InitdataDocument? InitdataOf(string? path)
    {
        if (path is null)
        {
            return null;
        }

        return InitdataDocument.TryRead(InputFile.Read("--initdata", path, InitdataDocument.MaxBytes), out var document, out var error)
            ? document
            : throw CliException.BadInput($"--initdata: '{path}': {error}", "Give an initdata document (TOML) with algorithm, version and [data].");
    }

    private static Dictionary<string, string> LocationsOf(IReadOnlyList<string> images)
    {
        var locations = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var image in images)
        {
            var equals = image.IndexOf('=');
            if (equals <= 0 || equals == image.Length - 1 || !locations.TryAdd(image[..equals], image[(equals + 1)..]))
            {
                throw CliException.Usage(
                    $"--image '{image}' is not REFERENCE=PLACE, or names a reference twice", "Write --image registry.example/app:1=oci:build:app.");
            }
        }

        return locations;
    }

    // A file with errors may hold containers that could not be read; without workloads, that is what is wrong.
    private static List<string> UnusedLocations(IEnumerable<string> references, List<ManifestFile> files, RuntimeProfile profile)
    {
        if (files.Exists(HasErrors) || files.TrueForAll(file => file.Workloads.IsEmpty))
        {
            return [];
        }

        var used = files.SelectMany(file => file.Workloads).SelectMany(workload => workload.Pod.AllContainers)
            .Select(container => container.Image).Append(profile.PauseImage)
            .Concat(files.SelectMany(file => file.Workloads).SelectMany(Locked).Select(locked => locked.Original)).Select(InFull).ToHashSet(StringComparer.Ordinal);
        return [.. references.Where(reference => !used.Contains(InFull(reference)))];
    }

    // Two ways to write one reference are one reference.
    private static string InFull(string text) => !ImageReference.TryParse(text, out var reference, out _) ? text
        : (reference.Digest is { } digest ? reference.At(digest) : reference.WithTag(reference.Tag ?? "latest")).ToString();

    private void Report(IEnumerable<PolicyFinding> findings)
    {
        foreach (var finding in findings)
        {
            if (finding.Severity is FindingSeverity.Note && context.Console.Quiet)
            {
                continue;
            }

            var (tone, word) = finding.Severity switch
            {
                FindingSeverity.Error => (Tone.Bad, "error"),
                FindingSeverity.Warning => (Tone.Caution, "warning"),
                _ => (Tone.Faint, "note"),
            };
            var where = finding.Path.Length == 0 ? "" : $" [{ErrorText.OneLine(finding.Path)}]";
            context.Console.Error.WriteLine(
                $"{finding.Location}: {context.Console.PaintError(tone, word + ":")} {ErrorText.OneLine(finding.Message)}{where}");
            // A remedy may hold lines to paste, whose indentation counts.
            foreach (var line in finding.Remedy.Split('\n').Where(line => line.Length > 0))
            {
                var text = line.TrimStart(' ');
                context.Console.Error.WriteLine($"  {new string(' ', line.Length - text.Length)}{ErrorText.OneLine(text)}");
            }
        }
    }

    // Programs get the findings as a document also where nothing came of it; people had them line by line.
    private void WriteRefused(ImmutableArray<PolicyFinding> findings, string problem)
    {
        if (context.Console.Format is not OutputFormat.Table)
        {
            context.Console.WriteDocument(json => GenerationReport.WriteRefused(json, _before.Concat(findings), problem));
        }
    }

    private static CliException? Refusal(GenerationResult result, GenerateRequest request, int moreWarnings)
    {
        var errors = result.Findings.Count(finding => finding.Severity is FindingSeverity.Error);
        if (errors > 0)
        {
            return new CliException(
                result.RegistryFailure is { } failure ? OciErrorText.CodeOf(failure) : ExitCode.BadInput,
                $"{Plural.Of(errors, "error")}: no policy was made", "Mend what is named above, and run again.");
        }

        var warnings = moreWarnings + result.Findings.Count(finding => finding.Severity is FindingSeverity.Warning);
        if (request.Strict && warnings > 0)
        {
            return new CliException(
                ExitCode.Refused, $"{Plural.Of(warnings, "warning")} under --strict: nothing was written", "Mend what is named above, or leave --strict out.");
        }

        return !result.Files.All(file => file.Workloads.IsEmpty) ? null : CliException.BadInput(
            "there is no workload to make a policy for",
            request.Manifests.RuntimeClassNames.IsEmpty ? "Name a file with a Pod, or with a kind that makes pods."
                : "No pod's runtimeClassName begins as --runtime-class-names asks.");
    }

    private async Task WriteAsync(GenerationResult result, GenerateRequest request, RuntimeProfile profile, CancellationToken cancel)
    {
        if (request.InPlace)
        {
            // Every file's content exists by now: either all are written, or an error of the disk says which one was not.
            foreach (var (file, path) in result.Files.Zip(request.Files).Where(pair => !pair.First.Workloads.IsEmpty))
            {
                var target = TargetOf(request.Names.InPlace, path);
                OutputFile.Write(request.Names.InPlace, target, file.Content!, ModeOf(target));
            }
        }

        var console = context.Console;
        if (request.PrintText || request.PrintEncoded)
        {
            WritePolicies(result, request);
        }
        else if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json => GenerationReport.Write(json, result, _before));
        }
        else if (request.InPlace)
        {
            GenerationReport.WriteText(console, result, profile);
        }
        else
        {
            await using var output = context.Invocation.OpenStandardOutput();
            await output.WriteAsync(Joined(result), cancel);
        }
    }

    // A link stays a link: what it leads to is written, wherever that is.
    private static string TargetOf(string option, string path)
    {
        try
        {
            // In full: the base library takes the target of a link that is named without a directory for one below the root.
            return File.ResolveLinkTarget(Path.GetFullPath(path), returnFinalTarget: true)?.FullName ?? path;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Refused(option, path, failure);
        }
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? OutputFile.Readable : File.GetUnixFileMode(path);

    private void WritePolicies(GenerationResult result, GenerateRequest request)
    {
        foreach (var workload in result.Files.SelectMany(file => file.Workloads)
            .Where(one => request.Workload is null || WorkloadName.Of(one.Workload).IsMeant(request.Workload)))
        {
            if (request.PrintText)
            {
                context.Console.Out.Write(workload.Policy);
            }

            if (request.PrintEncoded)
            {
                context.Console.Out.WriteLine(request.Packing.WriteInitdata
                    ? InitdataEncoding.ToAnnotation(workload.Initdata)
                    : Convert.ToBase64String(Encoding.UTF8.GetBytes(workload.Policy)));
            }
        }
    }

    // Files in one stream are documents in one stream.
    private static byte[] Joined(GenerationResult result)
    {
        using var joined = new MemoryStream();
        foreach (var file in result.Files)
        {
            if (joined.Length > 0)
            {
                joined.Write(joined.GetBuffer()[joined.Length - 1] == (byte)'\n' ? "---\n"u8 : "\n---\n"u8);
            }

            var content = file.Content.AsSpan();
            joined.Write(result.Files.Length > 1 && content.StartsWith("\uFEFF"u8) ? content[3..] : content);
        }

        return joined.ToArray();
    }

    private sealed class LayerNotes(ConsoleOutput console) : IProgress<LayerStep>
    {
        public void Report(LayerStep value)
        {
            if (value is { Done: true, FromCache: false })
            {
                console.Note($"layer {value.Layer} of {value.Layers}: {value.DiffId.Text} {ByteCount.Text(value.Bytes)}");
            }
        }
    }
}
