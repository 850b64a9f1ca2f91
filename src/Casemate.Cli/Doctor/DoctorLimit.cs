using System.CommandLine;
using System.Globalization;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Doctor;

/// <summary><c>--timeout</c>: how long one question may take.</summary>
internal sealed class DoctorLimit
{
    private readonly Option<string> _timeout = new("--timeout")
    {
        Description = "Seconds that each question may take. Default: 10.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => "10",
    };

    /// <summary>Adds it to a command.</summary>
    public void AddTo(Command command) => command.Add(_timeout);

    /// <summary>The limit.</summary>
    /// <exception cref="CliException">It is no such number (exit code 2).</exception>
    public TimeSpan Read(CommandContext context)
    {
        var text = context.Arguments.GetRequiredValue(_timeout);
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 600
            ? TimeSpan.FromSeconds(seconds)
            : throw CliException.Usage($"--timeout: '{text}' is not a number of seconds above 0, at most 600");
    }
}
