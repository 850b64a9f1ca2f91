using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral.Store;
using Casemate.Primitives;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral repair</c>: opens a store again that an import which was cut short keeps closed.</summary>
internal sealed class CollateralRepairCommand : CliCommand
{
    private readonly CollateralStoreOptions _store = new();

    public CollateralRepairCommand()
        : base(
            "repair",
            "Complete imports that were cut short, and set those aside that are damaged, so that the directory can be used again. "
            + "Nothing is deleted. Exit code 0 as before or complete, 6 some of an import stays: import it again.",
            new CommandExample("After 'the journal is damaged'", "casemate collateral repair --dir /var/lib/casemate/collateral"))
    {
        Add(_store.All.Single(option => option.Name == "--dir"));
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var directory = _store.DirectoryOf(context);
        if (!Directory.Exists(directory))
        {
            throw CliException.BadInput(
                $"--dir: there is no directory '{directory}'", "Name the directory that the collateral is kept in.");
        }

        var repairs = DirectoryCollateralStore.Repair(directory);
        _ = DirectoryCollateralStore.Open(directory, context.Now);          // or it is not what this was for
        if (context.Console.Format is OutputFormat.Table)
        {
            WriteText(context.Console, directory, repairs);
        }
        else
        {
            WriteDocument(context.Console, repairs);
        }

        return Task.FromResult(repairs.All(repair => repair.IsCompleted || repair.IsUntouched) ? ExitCode.Success : ExitCode.Partial);
    }

    private static void WriteText(ConsoleOutput console, string directory, IReadOnlyList<StoreRepair> repairs)
    {
        foreach (var repair in repairs)
        {
            console.Out.WriteLine(ErrorText.OneLine(repair switch
            {
                { IsCompleted: true } => "completed: all of an import that was cut short is in place now",
                { IsUntouched: true } => $"undone: none of it had been taken; set aside in {repair.Place}: {repair.Problem}",
                _ => $"set aside in {repair.Place}; entries that were taken already stay, each of them whole: {repair.Problem}",
            }));
        }

        console.Out.WriteLine(
            repairs.Count == 0 ? $"{directory}: no import was cut short"
            : repairs.All(repair => repair.IsCompleted) ? $"{directory}: can be used"
            : $"{directory}: can be used; import again what was set aside");
    }

    private static void WriteDocument(ConsoleOutput console, IReadOnlyList<StoreRepair> repairs) => console.WriteDocument(json =>
    {
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteStartArray("repairs");
        foreach (var repair in repairs)
        {
            json.WriteStartObject();
            json.WriteBoolean("completed", repair.IsCompleted);
            if (!repair.IsCompleted)
            {
                json.WriteBoolean("untouched", repair.IsUntouched);
                json.WriteString("place", repair.Place);
                json.WriteString("problem", repair.Problem);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
