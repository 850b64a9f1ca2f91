using Casemate.Cli.Output;
using Casemate.Cli.Quotes;
using Casemate.Kubernetes;
using Casemate.Quoting.Sgx;

namespace Casemate.Cli.Deploy;

/// <summary>One run of the sample workload in a cluster: made, waited for, read, removed.</summary>
/// <param name="client">Leads to the cluster.</param>
/// <param name="workload">The workload.</param>
/// <param name="console">Is told how far it is.</param>
/// <param name="time">The clock.</param>
internal sealed class HelloRun(KubeClient client, HelloWorkload workload, ConsoleOutput console, TimeProvider time)
{
    private const int LogBytes = 2 << 20;
    private const int LogLines = 20_000;
    private const int LinesShown = 5;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);      // some warnings are of a moment only
    private static readonly TimeSpan s_logLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_removal = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_usual = TimeSpan.FromSeconds(60);

    /// <summary>Does all of it.</summary>
    /// <exception cref="CliException">There is no evidence, and why (exit code 1 or 4).</exception>
    /// <exception cref="KubeException">The cluster refuses, or does not answer.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop; the workload is removed all the same.</exception>
    public async Task<HelloEvidence> RunAsync(CancellationToken cancellationToken)
    {
        var isMade = false;
        client.EndWithin(workload.Limit);
        try
        {
            await MakeAsync(cancellationToken);
            isMade = true;
            console.Note($"Job {workload.Namespace}/{workload.Name} is made, of image {ErrorText.OneLine(workload.Image)}");
            var pod = await UntilEndedAsync(cancellationToken);
            return await ReadAsync(pod, cancellationToken);
        }
        finally
        {
            if (workload.IsKept && isMade)
            {
                console.Note($"the Job is kept: kubectl -n {workload.Namespace} logs job/{workload.Name}");
            }
            else
            {
                await RemoveAsync();                                       // also where the answer to its creation was lost
            }
        }
    }

    private async Task MakeAsync(CancellationToken cancellationToken)
    {
        KubeObject job;
        try
        {
            job = await client.CreateAsync(KubeResource.Jobs, workload.Namespace, workload.ToManifest(), cancellationToken);
        }
        catch (KubeException exception) when (exception.IsNotFound)
        {
            throw new CliException(
                ExitCode.Unreachable, $"there is no namespace '{workload.Namespace}' in this cluster",
                $"Make it (kubectl create namespace {workload.Namespace}), or name another with --namespace.", exception);
        }

        // After the Job, which owns it from its first moment: so nothing stays that nobody removes. Until then the pod waits.
        if (workload.ToClaimTemplate(job.Uid) is { } template)
        {
            await client.CreateAsync(KubeResource.ResourceClaimTemplates, workload.Namespace, template, cancellationToken);
        }
    }

    private async Task<KubeObject> UntilEndedAsync(CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(workload.Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
        var (last, begun) = (PodStep.Absent, time.GetUtcNow());
        client.EndWithin(workload.Limit + s_logLimit);                     // the wait ends by its own limit
        try
        {
            for (var told = ""; ; await Task.Delay(s_interval, time, either.Token))
            {
                var pod = await FindPodAsync(either.Token);
                last = pod is null ? PodStep.Absent : PodStep.Of(pod);
                last = last.Stage is PodStage.Waiting && time.GetUtcNow() - begun > s_patience
                    ? last.With(await WarningOfAsync(pod?.Name ?? workload.Name, either.Token)) : last;
                if (last.Text != told)
                {
                    console.Note(pod is null ? last.Text : $"pod {pod.Name}{On(pod)}: {last.Text}");
                    told = last.Text;
                }

                switch (last.Stage)
                {
                    case PodStage.Ended when last.ContainerExit is 0:
                        return pod!;
                    case PodStage.Ended:
                        throw await FailureAsync(pod!, last, cancellationToken);
                    case PodStage.Stuck:
                        throw new CliException(ExitCode.Unreachable, $"hello did not run: pod {pod!.Name}: {last.Text}", last.Remedy);
                    case PodStage.Waiting:
                    case PodStage.Running:
                        break;
                    default:
                        throw new InvalidOperationException($"The stage {last.Stage} is not handled.");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(
                ExitCode.Unreachable, $"hello had not ended within the {workload.Limit.TotalSeconds:0} s of --timeout: {last.Text}",
                workload.Limit >= s_usual ? last.Remedy.Length > 0 ? last.Remedy : null
                    : $"Give it longer: a pod may take a minute to start, and --timeout is 300 where it is left out. {last.Remedy}".TrimEnd());
        }
    }

    // What the kubelet, the scheduler or the Job's controller warned of last; null when there is none, or it may not be looked at.
    private async Task<EventKind?> WarningOfAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var events = await client.ListAsync(
                KubeResource.Events,
                new KubeListOptions { Namespace = workload.Namespace, FieldSelector = $"type=Warning,regarding.name={name}" }, cancellationToken);
            return events.Items.Select(EventKind.Read).LastOrDefault();
        }
        catch (KubeException exception) when (exception.IsForbidden)
        {
            return null;
        }
    }

    // Whatever is at work in the cluster, this is the newest pod of this Job.
    private async Task<KubeObject?> FindPodAsync(CancellationToken cancellationToken)
    {
        var pods = await client.ListAsync(
            KubeResource.Pods,
            new KubeListOptions { Namespace = workload.Namespace, LabelSelector = $"{HelloWorkload.Label}={workload.Name}" },
            cancellationToken);
        return pods.Items.FirstOrDefault(pod => PodStep.Of(pod).Stage is PodStage.Ended) ?? pods.Items.FirstOrDefault();
    }

    private async Task<HelloEvidence> ReadAsync(KubeObject pod, CancellationToken cancellationToken)
    {
        var lines = await LogAsync(pod, cancellationToken);
        return EvidenceArmor.TryRead(lines, workload.ReportData, out var bundle, out var problem)
            ? new HelloEvidence(bundle, pod.Name, NodeOf(pod))
            : throw new CliException(
                ExitCode.Refused, $"the log of pod {pod.Name} holds no evidence for this request: {problem}",
                "Use the image of this program, or one of the same version: --image.");
    }

    // What the container was stopped by, it said itself.
    private async Task<CliException> FailureAsync(KubeObject pod, PodStep step, CancellationToken cancellationToken)
    {
        var lines = await LogAsync(pod, cancellationToken);
        var code = step.ContainerExit is ExitCode.Refused ? ExitCode.Refused : ExitCode.Unreachable;
        return new CliException(
            code, $"hello got no evidence in pod {pod.Name}{On(pod)}: {step.Text}",
            step.Text.Contains("executable file not found", StringComparison.Ordinal)
                ? "Its image is not one of this program: name another with --image."
                : lines.Any(line => line.Contains(ReportEnclaveLoader.FailureText, StringComparison.Ordinal))
                ? "Its last line says what the node, or its runtime, withholds from enclaves; the handbook's page 'quotes' has the list."
                : "Ask the node's quote helper why: kubectl -n casemate-node logs --prefix --selector app=sgx-quote-helper.")
        {
            Findings = [.. lines.Where(line => line.Length > 0).TakeLast(LinesShown).Select(line => line.Length > 400 ? line[..400] : line)],
        };
    }

    private async Task<List<string>> LogAsync(KubeObject pod, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(s_logLimit, time);
        client.EndWithin(s_logLimit + s_removal);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
        try
        {
            return await ReadLogAsync(pod, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(
                ExitCode.Unreachable, $"the log of pod {pod.Name} did not end within {s_logLimit.TotalSeconds:0} s",
                $"Look whether the kubelet answers: kubectl -n {workload.Namespace} logs {pod.Name}, after another run with --keep.");
        }
    }

    private async Task<List<string>> ReadLogAsync(KubeObject pod, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        var isCut = false;
        var options = new KubeLogOptions
        {
            Container = HelloWorkload.Container,
            MaxBytes = LogBytes,
            MaxLineBytes = 4096,
            Truncated = () => isCut = true,
        };
        await foreach (var line in client.ReadLogAsync(workload.Namespace, pod.Name, options, cancellationToken))
        {
            lines.Add(line);
            isCut |= lines.Count > LogLines;
            if (isCut)
            {
                break;
            }
        }

        return isCut
            ? throw new CliException(
                ExitCode.Refused, $"the log of pod {pod.Name} is longer than hello ever writes: it is not read",
                "Use the image of this program, or one of the same version: --image.")
            : lines;
    }

    private async Task RemoveAsync()
    {
        // Also after an interruption, for which the token of the command has been cancelled.
        using var limit = new CancellationTokenSource(s_removal, time);
        client.EndWithin(s_removal);
        try
        {
            await client.DeleteAsync(
                KubeResource.Jobs, workload.Namespace, workload.Name, new KubeDeleteOptions { PropagationPolicy = "Background" }, limit.Token);
        }
        catch (Exception exception) when (exception is KubeException or KubeConfigurationException or OperationCanceledException)
        {
            console.Warn(
                $"Job {workload.Namespace}/{workload.Name} could not be removed: {ErrorText.OneLine(exception.Message)} Remove it: kubectl -n "
                + $"{workload.Namespace} delete job {workload.Name}");
        }
    }

    private static string NodeOf(KubeObject pod) => ErrorText.OneLine(pod.MapAt("spec").GetValueOrDefault("nodeName", ""));

    private static string On(KubeObject pod) => NodeOf(pod) is { Length: > 0 } node ? $" on {node}" : "";
}
