using Casemate.Addon;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Kubernetes;

namespace Casemate.Cli.Addon;

/// <summary>From options to an add-on that runs: checks, plan, question, work, wait. Of installing and upgrading alike.</summary>
/// <param name="Context">The running command.</param>
/// <param name="Client">The cluster.</param>
/// <param name="Confirmation">Whether to ask.</param>
internal sealed record AddonRollout(CommandContext Context, KubeClient Client, AddonConfirmation Confirmation)
{
    private const string GoesOn = "The same command goes on from there; 'casemate addon uninstall' removes what was made.";

    // A wait ends by its own limit, and its last request is not to be cut by the same.
    private static readonly TimeSpan s_lastLook = TimeSpan.FromSeconds(10);

    private readonly AddonInstaller _installer = new(Client);

    /// <summary>What is to be there.</summary>
    public required AddonOptions Options { get; init; }

    /// <summary>What was chosen and why, a sentence each.</summary>
    public required IReadOnlyList<string> Choices { get; init; }

    /// <summary>Whether fields of others are taken over.</summary>
    public bool TakeOver { get; init; }

    /// <summary>Hardware that a node has to offer in the end; null: none has to.</summary>
    public AddonTee? Tee { get; init; }

    /// <summary>How long to wait until all runs.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>The command that goes back to what was there; null: there was nothing.</summary>
    public string? Back { get; init; }

    // What to do afterwards; quotes of described machines are believed by nobody who does not ask for them.
    private string Next => "casemate deploy hello" + (Tee is null or AddonTee.Sgx ? "" : $" --tee {AddonTees.NameOf(Tee.Value)}")
        + (Options.IsSimulated ? " --allow-simulated" : "");

    private ConsoleOutput Console => Context.Console;

    /// <summary>Does it.</summary>
    /// <exception cref="CliException">The cluster cannot have it, the caller may not, or it stopped half-way.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var choice in Choices)
        {
            Console.Note(choice);
        }

        AddonFlags.Made(Options, AddonManifests.Render);
        Judge(await _installer.CheckAsync(Options, cancellationToken));
        var plan = await _installer.PlanAsync(Options, TakeOver, cancellationToken);
        Judge(plan);
        var report = new AddonReport(Context, Options, Choices, plan);
        report.WritePlan();
        if (Back is null && plan.Changes.Any(one => one.Action is ManifestAction.Create) && ThereAlready(plan) is { Length: > 0 } there)
        {
            Console.Note(there.TrimStart(',', ' '));
        }

        if (Confirmation.IsDryRun(Context))
        {
            report.WriteDocument(isDry: true, null, null, null);
            return ExitCode.Success;
        }

        if (!plan.IsEmpty)
        {
            if (!await Confirmation.AskAsync(Context, "Apply this to the cluster?", cancellationToken))
            {
                return ExitCode.Refused;
            }

            Client.EndWithin(Limit);
            await ApplyAsync(cancellationToken);
        }

        Client.EndWithin(Limit + s_lastLook);
        var isReady = await WaitAsync(cancellationToken);
        Client.EndWithin(Limit < s_lastLook ? s_lastLook : Limit);
        var status = await AddonStatus.ReadAsync(Client, cancellationToken);
        report.WriteResult(status);
        if (!isReady)
        {
            report.WriteDocument(isDry: false, status, null, Back);
            throw new CliException(
                ExitCode.Refused, $"the add-on is installed and was not ready within {Limit.TotalSeconds:0} s",
                "'casemate addon status' shows how it goes on; the same command again waits again."
                    + (Back is null ? "" : $" To go back: {Back}"))
            {
                Findings = [.. status.Components.Where(one => !one.IsReady).SelectMany(AddonReport.Hangs)],
            };
        }

        foreach (var problem in status.Problems)
        {
            Console.Warn(problem);
        }

        await WaitForHardwareAsync(cancellationToken);
        report.WriteDocument(isDry: false, status, Next, Back);
        if (Console.Format is OutputFormat.Table)
        {
            if (Back is not null)
            {
                Console.Out.WriteLine($"Back: {Back}");
            }

            Console.Out.WriteLine($"Next: {Next}");
        }

        return ExitCode.Success;
    }

    /// <summary>Ends a command for which the cluster is unfit, or its caller's rights.</summary>
    /// <exception cref="CliException">What is missing.</exception>
    internal static void Judge(AddonChecks checks)
    {
        if (checks.Problems.Count > 0)
        {
            throw new CliException(ExitCode.Refused, "this cluster cannot have the add-on; nothing was changed by this run") { Findings = checks.Problems };
        }

        if (checks.MissingRights.Count > 0)
        {
            throw new CliException(
                ExitCode.NotPermitted, $"{Plural.Of(checks.MissingRights.Count, "right")} missing; nothing was changed by this run",
                "Ask for them, or let somebody install who may: whoever is bound to the ClusterRole cluster-admin may do all of it.")
            {
                Findings = [.. checks.MissingRights.Select(right => right.ToString())],
            };
        }
    }

    private static void Judge(AddonPlan plan)
    {
        if (plan.Obstacles is not { Count: > 0 } obstacles)
        {
            return;
        }

        var isForbidden = obstacles.Any(one => one.Problem.Contains("forbidden", StringComparison.OrdinalIgnoreCase));
        throw new CliException(
            isForbidden ? ExitCode.NotPermitted : ExitCode.Refused, $"the server would not take all of it; nothing was changed by this run{ThereAlready(plan)}",
            obstacles.Any(one => one.Action is ManifestAction.Conflict)
                ? "Fields that somebody else wrote are taken over with --take-over; look at them first." : null)
        {
            Findings = [.. obstacles.Select(one => one.ToString())],
        };
    }

    private static string ThereAlready(AddonPlan plan)
    {
        var there = plan.Changes.Count(change => change.Action is ManifestAction.Keep or ManifestAction.Change);
        return there > 0 ? $", and {Plural.Of(there, "object")} of {plan.Changes.Count} {(there == 1 ? "is" : "are")} there of an earlier one" : "";
    }

    private async Task ApplyAsync(CancellationToken cancellationToken)
    {
        var written = 0;
        try
        {
            await _installer.ApplyAsync(
                Options, TakeOver, change =>
                {
                    written += change.Action is ManifestAction.Keep ? 0 : 1;
                    Console.Detail(change.ToString());
                },
                cancellationToken);
            Console.Note($"{Plural.Of(written, "object")} applied");
        }
        catch (KubeException exception) when (written > 0)
        {
            throw new CliException(
                ExitCode.Partial, $"stopped after {Plural.Of(written, "object")}: {exception.Message.TrimEnd('.')}",
                GoesOn, exception);
        }
        catch (OperationCanceledException) when (written > 0)
        {
            Console.Note($"stopped after {Plural.Of(written, "object")}. {GoesOn}");
            throw;
        }
    }

    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _installer.WaitAsync(
                Options, Limit,
                (what, status) => Console.Note($"{what.Kind} {what.Key}: {status.Ready} of {status.Wanted} ready, {status.Message}"),
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Console.Note("all of it is applied, and was not waited for: 'casemate addon status' shows how it goes on");
            throw;
        }
    }

    // The agent says on its Node what it has found; a node without such hardware never says so.
    private async Task WaitForHardwareAsync(CancellationToken cancellationToken)
    {
        if (Tee is not { } tee)
        {
            return;
        }

        Client.EndWithin(Limit + s_lastLook);
        if (!await _installer.WaitForHardwareAsync(tee, Limit, cancellationToken))
        {
            throw new CliException(
                ExitCode.Refused, $"the add-on runs, and no node offers {AddonTees.NameOf(tee)} after {Limit.TotalSeconds:0} s",
                "Look on a node that should: casemate node describe.");
        }
    }
}
