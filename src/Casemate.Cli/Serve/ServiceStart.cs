using Casemate.Serve;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Serve;

/// <summary>Starts the service and puts its objections into the words of the command line.</summary>
internal static class ServiceStart
{
    private static readonly (string Option, string Flag)[] Names =
    [
        (nameof(ServeOptions.TlsCertificatePath), ServeSettings.TlsCert.Flag),
        (nameof(ServeOptions.TlsKeyPath), ServeSettings.TlsKey.Flag),
        (nameof(ServeOptions.PlainHttp), ServeSettings.PlainHttp.Flag),
        (nameof(ServeOptions.StateDirectory), ServeSettings.Store.Flag),
        (nameof(ServeOptions.HostNames), ServeSettings.HostName.Flag),
        (nameof(ServeOptions.Listen), ServeSettings.Listen.Flag),
    ];

    /// <summary>Starts it.</summary>
    /// <exception cref="CliException">
    /// A setting makes no sense (exit code 2), a file it names is wrong (3); the port is taken or the store cannot be used (4).
    /// </exception>
    public static async Task<CasemateServer> RunAsync(
        ServeOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await CasemateServer.StartAsync(options, loggers, time, cancellationToken);
        }
        catch (ServeStartException exception)
        {
            throw InFlags(exception, Names);
        }
    }

    /// <summary>Puts objections to options into the words of the command line.</summary>
    /// <param name="exception">The objections.</param>
    /// <param name="names">The flag of each option; a name that is part of another comes after it.</param>
    public static CliException InFlags(ServeStartException exception, IReadOnlyList<(string Option, string Flag)> names)
    {
        // Without a cause nothing was tried: the settings themselves are wrong. What failed underneath is a file's or the machine's.
        var code = exception.InnerException switch
        {
            null => ExitCode.Usage,
            System.Security.Cryptography.CryptographicException => ExitCode.BadInput,
            _ => ExitCode.Unreachable,
        };
        var problems = exception.Problems.Select(problem => InFlags(problem, names)).ToList();
        return new CliException(code, problems[0], problems.Count > 1 ? string.Join(' ', problems.Skip(1)) : null, exception);
    }

    private static string InFlags(string problem, IReadOnlyList<(string Option, string Flag)> names)
    {
        foreach (var (option, flag) in names)
        {
            problem = problem.Replace(option, flag, StringComparison.Ordinal);
        }

        return problem;
    }
}
