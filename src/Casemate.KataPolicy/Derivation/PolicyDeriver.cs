using System.Collections.Immutable;
using Casemate.KataPolicy.Images;
using Casemate.KataPolicy.Layers;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;
using Casemate.Oci;

namespace Casemate.KataPolicy.Derivation;

/// <summary>
/// From a workload, what it refers to, facts of its images and a runtime profile to the data of its policy. Nothing that a document says
/// makes it throw: problems are findings with their place. The same input gives the same data, on every system.
/// </summary>
public static class PolicyDeriver
{
    /// <summary>Derives a policy and finds out about the images on the way.</summary>
    /// <param name="workload">What makes the pods.</param>
    /// <param name="inputs">ConfigMaps and Secrets.</param>
    /// <param name="images">Finds out about images.</param>
    /// <param name="profile">What the runtime does.</param>
    /// <param name="options">What else is asked for; null for <see cref="DerivationOptions.Default"/>.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>
    /// The policy's data, or findings that say why there is none; <see cref="PolicyDerivation.RegistryFailure"/> where a registry cannot be
    /// reached, or refuses this user.
    /// </returns>
    public static async Task<PolicyDerivation> DeriveAsync(
        Workload workload, PodInputs inputs, IImageFacts images, RuntimeProfile profile, DerivationOptions? options = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(profile);
        options ??= DerivationOptions.Default;
        var references = workload.Pod.AllContainers.Select(container => container.Image).ToList();
        if (NeedsPauseImage(profile))
        {
            references.Insert(0, profile.PauseImage);
        }

        using var gate = new SemaphoreSlim(Math.Clamp(options.ParallelImages, 1, 16));
        var answers = await Task.WhenAll(
            references.Distinct(StringComparer.Ordinal).Select(
                reference => AskAsync(reference, images, profile, gate, cancel))).ConfigureAwait(false);
        var facts = answers.Where(answer => answer.Facts is not null).ToDictionary(
            answer => answer.Image, answer => answer.Facts!, StringComparer.Ordinal);
        var problems = answers.Where(answer => answer.Problem is not null).ToDictionary(
            answer => answer.Image, answer => answer.Problem!, StringComparer.Ordinal);
        var derivation = Derive(workload, inputs, facts, profile, options, problems);
        var failure = answers.Select(answer => answer.Problem?.Error).FirstOrDefault(error => error is not null && IsOfRegistry(error.Value));
        return failure is null ? derivation : derivation with { RegistryFailure = failure };
    }

    /// <summary>Derives a policy from facts that are at hand.</summary>
    /// <param name="workload">What makes the pods.</param>
    /// <param name="inputs">ConfigMaps and Secrets.</param>
    /// <param name="images">Facts by reference, as the containers and the profile write it.</param>
    /// <param name="profile">What the runtime does.</param>
    /// <param name="options">What else is asked for; null for <see cref="DerivationOptions.Default"/>.</param>
    public static PolicyDerivation Derive(
        Workload workload, PodInputs inputs, IReadOnlyDictionary<string, ImageFacts> images, RuntimeProfile profile,
        DerivationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(profile);
        return Derive(workload, inputs, images, profile, options ?? DerivationOptions.Default, new Dictionary<string, ImageProblem>());
    }

    /// <summary>
    /// Whether the pause image's own content counts: the guest has its own where it pulls images, and then a known one suffices.
    /// </summary>
    private static bool NeedsPauseImage(RuntimeProfile profile) =>
        profile.ImageForm is ImageForm.HostTarfsVerity or ImageForm.HostExt4Verity || !PauseImages.TryFind(profile.PauseImage, out _);

    private static bool IsOfRegistry(OciError error) => error is OciError.Unavailable or OciError.Unauthorized or OciError.Denied;

    private static async Task<(string Image, ImageFacts? Facts, ImageProblem? Problem)> AskAsync(
        string image, IImageFacts images, RuntimeProfile profile, SemaphoreSlim gate, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return (image, await images.FindAsync(image, profile.ImageForm, cancel).ConfigureAwait(false), null);
        }
        catch (OciException e)
        {
            return (image, null, new ImageProblem(e.Message, e.Remedy ?? "", e.Error));
        }
        catch (LayerException e)
        {
            return (image, null, new ImageProblem(e.Message, e.Remedy ?? "", null));
        }
        finally
        {
            _ = gate.Release();
        }
    }

    private static PolicyDerivation Derive(
        Workload workload, PodInputs inputs, IReadOnlyDictionary<string, ImageFacts> images, RuntimeProfile profile,
        DerivationOptions options,
        IReadOnlyDictionary<string, ImageProblem> problems)
    {
        var findings = new List<PolicyFinding>();
        PodChecks.Add(workload, profile, findings);
        var containers = new List<ContainerPolicy>();
        var patterns = new List<string>();

        var pauseFacts = images.GetValueOrDefault(profile.PauseImage);
        var pause = pauseFacts?.Start;
        if (pause is null && (NeedsPauseImage(profile) || !PauseImages.TryFind(profile.PauseImage, out pause)))
        {
            findings.Add(Unknown(
                profile.PauseImage, workload.Pod.Path,
                $"pause image '{Shown.Of(profile.PauseImage)}', whose layers the profile '{profile.Name}' binds,"));
        }

        Add(new ContainerSubject(workload, null, pause ?? PauseImages.WithUser, inputs, profile, findings), pauseFacts);
        foreach (var container in workload.Pod.AllContainers)
        {
            if (images.TryGetValue(container.Image, out var facts))
            {
                Add(new ContainerSubject(workload, container, facts.Start, inputs, profile, findings), facts);
                if (facts.HasMadeManifest && profile.ImageForm is not null)
                {
                    findings.Add(PolicyFinding.Warning(
                        $"{container.Path}.image",
                        $"a docker-archive has no manifest, so the policy binds '{Shown.Of(facts.ByDigest)}', which is not the digest that a registry "
                            + "has: a container of the registry's image does not start",
                        "Take the image from its registry, from a layout (oci:DIR:TAG) or from oci-archive:FILE, such as 'skopeo copy' makes"));
                }
            }
            else
            {
                findings.Add(Unknown(
                    container.Image, $"{container.Path}.image", $"image '{Shown.Of(container.Image)}' of container '{Shown.Of(container.Name)}'"));
            }
        }

        var ordered = findings.Distinct().ToImmutableArray();
        return ordered.Any(finding => finding.Severity is FindingSeverity.Error)
            ? new PolicyDerivation(null, ordered)
            : new PolicyDerivation(Join(workload, profile, containers, patterns), ordered);

        void Add(ContainerSubject subject, ImageFacts? facts) => containers.Add(Container(subject, facts, options, patterns));

        PolicyFinding Unknown(string image, string path, string what) => !problems.TryGetValue(image, out var problem)
            ? PolicyFinding.Error(
                path, $"nothing is known of the {what.TrimEnd(',')}", "Name a layout or an archive that holds it with --image")
            : problem.Error is { } error && IsOfRegistry(error)
                ? PolicyFinding.Error(path, $"the {what} cannot be read: {problem.Message}", RemedyWithCopy(image, problem.Remedy))
                : PolicyFinding.Error(path, problem.Message, problem.Remedy);
    }

    // A finding's remedy may have lines: what the registry asks for first, then how to do without it.
    private static string RemedyWithCopy(string image, string remedy) =>
        $"{(remedy.Length > 0 ? remedy + "\n" : "")}Where the registry is out of reach, name a copy: "
        + $"--image {Shown.Of(image)}=oci:DIR:TAG (or oci-archive:FILE, docker-archive:FILE)";

    // What stood in the way of an image; a reason where its source gave one.
    private sealed record ImageProblem(string Message, string Remedy, OciError? Error);

    private static ContainerPolicy Container(ContainerSubject subject, ImageFacts? facts, DerivationOptions options, List<string> patterns)
    {
        var environment = Environment.Of(subject);
        var process = Processes.Of(subject, environment);
        patterns.AddRange(environment.OptionalPatterns);
        var commands = Processes.Commands(subject);
        ReservedTexts.Check(subject, process, commands);
        var mounts = Mounts.Of(subject);
        var volumes = new Volumes(subject, mounts);
        foreach (var mount in subject.Spec?.VolumeMounts ?? [])
        {
            volumes.Add(mount);
        }

        Mounts.AddImageVolumes(subject, mounts);
        var devices = DeviceParts.Of(subject);
        var image = ImageParts.Of(subject, facts, options);
        var kind = subject.Kind;
        return new ContainerPolicy
        {
            Name = subject.Name,
            Role = subject.Spec switch
            {
                null => ContainerRole.Pause,
                { IsSidecar: true } => ContainerRole.Sidecar,
                { IsInit: true } => ContainerRole.Init,
                _ => ContainerRole.App,
            },
            Image = image,
            Oci = new OciPolicy
            {
                Version = subject.Profile.Common.OciVersions.Count > 0 ? subject.Profile.Common.OciVersions[0] : "1.1.0",
                Process = process,
                Root = new RootPolicy(
                    kind.RootPath, subject.IsPause ? kind.RootReadonly : subject.Spec!.SecurityContext.ReadOnlyRootFilesystem),
                Mounts = mounts.Mounts,
                Annotations = AnnotationParts.Of(
                    subject, image?.Reference ?? (subject.Spec is { } spec ? AnnotationParts.NameOf(spec.Image) : null)),
                Linux = LinuxParts.Of(subject, (subject.Spec?.VolumeDevices ?? []).Select(device => device.DevicePath)),
            },
            Storages = volumes.Storages,
            Devices = devices,
            SandboxPidns = !subject.IsPause && subject.Pod.ShareProcessNamespace,
            ExecCommands = commands,
            RuntimeAnnotationPatterns = AnnotationParts.Patterns(subject),
        };
    }

    private static PolicyData Join(Workload workload, RuntimeProfile profile, List<ContainerPolicy> containers, List<string> patterns)
    {
        var create = profile.RequestDefaults.CreateContainer;
        var allowed = create.AllowEnvRegex
            .Where(pattern =>
                workload.Kind is "Job" or "CronJob" || !pattern.StartsWith("^JOB_COMPLETION_INDEX=", StringComparison.Ordinal))
            .Select(pattern =>
                workload.Pod.EnableServiceLinks is false ? pattern.Replace("$(svc_name)", "KUBERNETES", StringComparison.Ordinal)
                : pattern);
        return new PolicyData
        {
            Containers = containers,
            Common = profile.Common,
            Sandbox = profile.Sandbox,
            RequestDefaults = profile.RequestDefaults with
            {
                CreateContainer = create with { AllowEnvRegex = [.. allowed.Concat(patterns).Distinct(StringComparer.Ordinal)] },
            },
            Devices = profile.Devices,
            ClusterConfig = new ClusterConfig
            {
                PauseContainerImage = profile.PauseImage,
                GuestPull = profile.ImageForm is ImageForm.GuestPull
            },
        };
    }
}
