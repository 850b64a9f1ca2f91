using System.Diagnostics.CodeAnalysis;

namespace Casemate.Broker;

/// <summary>What a broker answers: a value or a refusal.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly struct BrokerResult<T>
    where T : class
{
    private BrokerResult(T? value, BrokerError? error) => (Value, Error) = (value, error);

    /// <summary>The value; null after a refusal.</summary>
    public T? Value { get; }

    /// <summary>The refusal; null after success.</summary>
    public BrokerError? Error { get; }

    /// <summary>True after success.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Value is not null;

    /// <summary>Wraps a value.</summary>
    public static implicit operator BrokerResult<T>(T value) => new(value, null);

    /// <summary>Wraps a refusal.</summary>
    public static implicit operator BrokerResult<T>(BrokerError error) => new(null, error);
}
