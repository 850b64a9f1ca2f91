using System.CommandLine;
using System.Runtime.InteropServices;
using Casemate.Cli.Output;

namespace Casemate.Cli.Commands;

/// <summary>
/// A command of the program. A derived class adds its arguments and options in its constructor and does its work in
/// <see cref="RunAsync"/>; errors, signals and output are handled here.
/// </summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(string name, string description, params IReadOnlyList<CommandExample> examples)
        : base(name, description)
    {
        Examples = examples;
        SetAction(InvokeAsync);
    }

    /// <summary>Examples for <c>--help</c>.</summary>
    public IReadOnlyList<CommandExample> Examples { get; }

    /// <summary>What an unknown option most likely means, where that is not a slip of the hand; null: nothing in particular.</summary>
    public virtual string? UnknownOptionHint => null;

    /// <summary>
    /// True for a command that deals with SIGINT and SIGTERM itself, such as one that passes them to a child process. Otherwise
    /// both cancel the token that <see cref="RunAsync"/> gets, and the program ends with <see cref="ExitCode.Interrupted"/>.
    /// </summary>
    protected virtual bool HandlesSignals => false;

    /// <summary>
    /// How long after a signal the command may take to end in good order. Opening a pipe that nobody writes to, or reading one,
    /// cannot be cancelled: without an end to the patience such a command could only be killed.
    /// </summary>
    protected virtual TimeSpan Patience => TimeSpan.FromSeconds(1);

    /// <summary>Does the work.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CliException">Any failure that the reader should see: message, remedy and exit code.</exception>
    protected abstract Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken);

    private async Task<int> InvokeAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var invocation = (CasemateInvocation)arguments.InvocationConfiguration;
        var console = ConsoleOutput.Create(arguments, invocation);
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = HandlesSignals ? null : PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = HandlesSignals ? null : PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);

        try
        {
            var context = new CommandContext(arguments, invocation, console);
            return HandlesSignals
                ? await RunAsync(context, interruption.Token)
                : await EndSoonAfterAsync(interruption.Token, Task.Run(() => RunAsync(context, interruption.Token), CancellationToken.None), context);
        }
        catch (OperationCanceledException) when (interruption.IsCancellationRequested)
        {
            console.Note("interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception exception)
        {
            // The edge of the program: whatever went wrong becomes one line and an exit code.
            return ErrorText.Write(exception, console);
        }

        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = true;
            interruption.Cancel();
        }
    }

    private async Task<int> EndSoonAfterAsync(CancellationToken interruption, Task<int> work, CommandContext context)
    {
        var interrupted = Task.Delay(Timeout.InfiniteTimeSpan, interruption);
        if (await Task.WhenAny(work, interrupted) == interrupted)
        {
            if (await Task.WhenAny(work, Task.Delay(Patience, context.Invocation.Time, CancellationToken.None)) != work)
            {
                throw new OperationCanceledException(interruption);
            }
        }

        return await work;
    }
}
