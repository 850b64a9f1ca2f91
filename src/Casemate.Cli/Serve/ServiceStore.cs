using Casemate.Broker;
using Casemate.Cli.Commands;
using Casemate.Quoting.Simulated;

namespace Casemate.Cli.Serve;

/// <summary>Where a service keeps what it must not lose. The service and the secret commands find the same place.</summary>
internal static class ServiceStore
{
    /// <summary>The store's directory: named, or <c>serve</c> in the state directory.</summary>
    /// <exception cref="CliException">There is no place for it (exit code 2).</exception>
    public static string DirectoryOf(CommandContext context)
    {
        if (ServeSettings.Store.Given(context) is { } named)
        {
            return Path.GetFullPath(named);
        }

        try
        {
            return Path.Combine(SimulatedInstallation.DefaultDirectory(context.Invocation.Environment), "serve");
        }
        catch (SimulatedInstallationException exception)
        {
            throw CliException.Usage(exception.Message, "Name a directory with --store or CASEMATE_STORE.");
        }
    }

    /// <summary>Opens the secrets of a store.</summary>
    /// <exception cref="InvalidDataException">The key file is damaged, or missing beside secrets.</exception>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    public static DirectoryResourceStore OpenResources(string directory) =>
        DirectoryResourceStore.Open(Path.Combine(directory, "resources"));
}
