using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.Tests;

/// <summary>Ids of log messages: what somebody looks for has one meaning.</summary>
public sealed class LogIdTests
{
    [Fact]
    public void AnIdHasOneMessage()
    {
        var messages = typeof(NodeAgent).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => (Method: $"{method.DeclaringType!.Name}.{method.Name}", method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId))
            .Where(message => message.EventId is not null)
            .ToList();

        Assert.True(messages.Count > 50);
        Assert.Empty(messages.GroupBy(message => message.EventId).Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(message => message.Method))}"));
    }
}
