using System.Runtime.CompilerServices;

namespace Casemate.Testing;

/// <summary>
/// Waits that end: a test whose event does not come fails with the name of what it waited for, and does not hold up the run.
/// </summary>
public static class TaskPatience
{
    /// <summary>How long a test waits for something that takes no time: enough for a machine that has other things to do.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Waits for a task, and no longer than <see cref="Limit"/>.</summary>
    /// <exception cref="TimeoutException">It did not end by then.</exception>
    public static async Task SoonAsync(this Task task, [CallerArgumentExpression(nameof(task))] string name = "")
    {
        if (await Task.WhenAny(task, Task.Delay(Limit)) != task)
        {
            throw new TimeoutException($"'{name}' did not come within {Limit.TotalSeconds} s.");
        }

        await task;
    }

    /// <summary>Waits until something is so that nobody tells of, and no longer than <see cref="Limit"/>.</summary>
    /// <exception cref="TimeoutException">It was not by then.</exception>
    public static async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(condition);
        var limit = Task.Delay(Limit);
        while (!condition())
        {
            if (limit.IsCompleted)
            {
                throw new TimeoutException($"'{name}' was not so within {Limit.TotalSeconds} s.");
            }

            await Task.WhenAny(limit, Task.Delay(TimeSpan.FromMilliseconds(5)));
        }
    }

    /// <summary>Waits for a task's result, and no longer than <see cref="Limit"/>.</summary>
    /// <exception cref="TimeoutException">It did not end by then.</exception>
    public static async Task<T> SoonAsync<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string name = "")
    {
        await ((Task)task).SoonAsync(name);
        return await task;
    }
}
