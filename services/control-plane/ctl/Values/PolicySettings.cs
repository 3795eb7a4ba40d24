using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Turnpike.Contracts.V1;

namespace Turnpike.Ctl.Values;

/// <summary>
/// Sets fields of a realm's policy from <c>key=value</c>. The keys are the contract's own: <c>allocations_per_user</c>, <c>peers.deny</c>,
/// <c>bytes_per_user.period</c>; an empty value takes a field back to the edge's own setting.
/// </summary>
public static class PolicySettings
{
    private const int Thousand = 1000;

    /// <summary>Every key.</summary>
    public static IReadOnlyList<string> Keys { get; } = [.. Fields(RealmPolicy.Descriptor, "").Select(field => field.Key).Order(StringComparer.Ordinal)];

    /// <summary>Applies settings to a policy.</summary>
    /// <returns>The fields of the policy that have changed, as an update mask names them.</returns>
    /// <exception cref="UsageException">No such key, or not a value of it.</exception>
    public static FieldMask Apply(RealmPolicy policy, IEnumerable<string> settings)
    {
        FieldMask mask = new();
        foreach (string setting in settings)
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new UsageException($"--set {setting}: allowed is key=value");
            }
            string key = setting[..equals].Trim().Replace('-', '_');
            Set(policy, key, setting[(equals + 1)..].Trim());
            string path = $"policy.{key.Split('.')[0]}";
            if (!mask.Paths.Contains(path))
            {
                mask.Paths.Add(path);
            }
        }
        return mask;
    }

    /// <summary>The settings of a policy, those that are set, each as <see cref="Apply"/> takes it.</summary>
    public static IEnumerable<(string Key, string Value)> Read(RealmPolicy policy) => Read(policy, "");

    private static IEnumerable<(string Key, string Value)> Read(IMessage message, string prefix)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            object? value = field.Accessor.GetValue(message);
            string key = $"{prefix}{field.Name}";
            if (field.IsRepeated)
            {
                string items = string.Join(',', ((System.Collections.IEnumerable)value).Cast<string>());
                if (items.Length > 0)
                {
                    yield return (key, items);
                }
            }
            else if (HasKeysOfItsOwn(field))
            {
                foreach ((string Key, string Value) inner in value is IMessage part ? Read(part, $"{key}.") : [])
                {
                    yield return inner;
                }
            }
            else if (field.FieldType == FieldType.Message ? value is not null : !field.HasPresence || field.Accessor.HasValue(message))
            {
                yield return (key, Text(field, value!));
            }
        }
    }

    private static string Text(FieldDescriptor field, object value) => field.FieldType switch
    {
        FieldType.Enum => Words(field.EnumType)[field.EnumType.FindValueByNumber((int)value)?.Index ?? 0],
        FieldType.Message => string.Create(CultureInfo.InvariantCulture, $"{((Duration)value).ToTimeSpan().TotalSeconds}s"),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static void Set(RealmPolicy policy, string key, string value)
    {
        IMessage message = policy;
        string[] parts = key.Split('.');
        for (int depth = 0; depth < parts.Length; depth++)
        {
            FieldDescriptor field = message.Descriptor.FindFieldByName(parts[depth])
                ?? throw new UsageException($"--set {key}: there is no such key; there are {string.Join(", ", Keys)}");
            bool last = depth == parts.Length - 1;
            if (last && value.Length == 0)
            {
                field.Accessor.Clear(message);
            }
            else if (last)
            {
                Write(message, field, key, value);
            }
            else if (HasKeysOfItsOwn(field))
            {
                if (field.Accessor.GetValue(message) is not IMessage inner)
                {
                    inner = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                    field.Accessor.SetValue(message, inner);
                }
                message = inner;
            }
            else
            {
                throw new UsageException($"--set {key}: {parts[depth]} has no parts");
            }
        }
    }

    private static void Write(IMessage message, FieldDescriptor field, string key, string value)
    {
        if (field.IsRepeated)
        {
            System.Collections.IList list = (System.Collections.IList)field.Accessor.GetValue(message);
            list.Clear();
            foreach (string item in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                list.Add(item);
            }
            return;
        }
        field.Accessor.SetValue(message, field.FieldType switch
        {
            FieldType.Int32 => (int)Number(key, value, int.MaxValue),
            FieldType.Int64 => Number(key, value, long.MaxValue),
            FieldType.Enum => Choice(field.EnumType, key, value),
            FieldType.Message when field.MessageType == Duration.Descriptor => Lengths.Read($"--set {key}", value)!,
            _ => throw new UsageException($"--set {key}: set its parts, {string.Join(", ", Keys.Where(each => each.StartsWith($"{key}.", StringComparison.Ordinal)))}"),
        });
    }

    // 10, 10k, 2.5M, 1T: decimal, as networks and disks are sold.
    private static long Number(string key, string value, long most)
    {
        int power = "kMGT".IndexOf(value[^1], StringComparison.Ordinal) + 1;
        bool isNumber = decimal.TryParse(
            power > 0 ? value[..^1] : value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number);
        for (; isNumber && power > 0 && number <= most; power--)
        {
            number *= Thousand;
        }
        return isNumber && number <= most && number == decimal.Truncate(number)
            ? (long)number
            : throw new UsageException($"--set {key}: {value} is no number that fits; allowed: 0 to {most}, also as 10k, 2.5M, 1G, 1T");
    }

    // `refuse_new` for ACTION_REFUSE_NEW; the first value means that nothing was said.
    private static int Choice(EnumDescriptor choices, string key, string value)
    {
        string[] words = Words(choices);
        int index = Array.IndexOf(words, value.Replace('-', '_').ToLowerInvariant());
        return index > 0
            ? choices.Values[index].Number
            : throw new UsageException($"--set {key}: {value} is unknown; allowed: {string.Join(", ", words[1..])}");
    }

    private static string[] Words(EnumDescriptor choices) =>
        [.. choices.Values.Select(choice => choice.Name[(choice.Name.IndexOf('_', StringComparison.Ordinal) + 1)..].ToLowerInvariant())];

    private static bool HasKeysOfItsOwn(FieldDescriptor field) =>
        field.FieldType == FieldType.Message && !field.IsRepeated && field.MessageType != Duration.Descriptor;

    private static IEnumerable<(string Key, FieldDescriptor Field)> Fields(MessageDescriptor message, string prefix) =>
        message.Fields.InDeclarationOrder().SelectMany(field =>
            HasKeysOfItsOwn(field) ? Fields(field.MessageType, $"{prefix}{field.Name}.") : [($"{prefix}{field.Name}", field)]);
}
