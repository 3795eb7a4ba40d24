using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Contracts.V1;
using Turnpike.ControlPlane.Calls;

namespace Turnpike.ControlPlane.Realms;

/// <summary>
/// Changes of a realm's policy by field mask (AIP-134): what a path names becomes as it is in the request, absent where it is absent
/// there. An absent mask names every field that is set.
/// </summary>
internal static class PolicyMask
{
    private const string MaskField = "update_mask";
    private const string Policy = "policy";
    private const string Everything = "*";

    /// <summary>Carries it out on <paramref name="target"/>.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: a path names nothing that can be changed.</exception>
    public static void Apply(FieldMask? mask, RealmPolicy? source, RealmPolicy target)
    {
        source ??= new RealmPolicy();
        if (mask is null || mask.Paths.Count == 0)
        {
            foreach (FieldDescriptor field in RealmPolicy.Descriptor.Fields.InDeclarationOrder().Where(field => field.Accessor.HasValue(source)))
            {
                Copy(field, source, target);
            }
            return;
        }
        foreach (string path in mask.Paths)
        {
            string[] parts = path.Split('.');
            if (path is Policy or Everything)
            {
                foreach (FieldDescriptor field in RealmPolicy.Descriptor.Fields.InDeclarationOrder())
                {
                    Copy(field, source, target);
                }
            }
            else if (parts.Length < 2 || parts[0] != Policy || !TryApply(parts.AsSpan(1), source, target))
            {
                throw Problems.Invalid(MaskField, $"{path} names no field that can be changed; allowed: policy, or one of its fields such as policy.allocations_per_user");
            }
        }
    }

    private static bool TryApply(ReadOnlySpan<string> path, IMessage source, IMessage target)
    {
        FieldDescriptor? field = Find(source.Descriptor, path[0]);
        if (field is null)
        {
            return false;
        }
        if (path.Length == 1)
        {
            Copy(field, source, target);
            return true;
        }
        // A time is one value, though the wire has two numbers for it.
        if (field.FieldType != FieldType.Message || field.MessageType.File.Package != RealmPolicy.Descriptor.File.Package)
        {
            return false;
        }
        var inner = (IMessage?)field.Accessor.GetValue(source) ?? field.MessageType.Parser.ParseFrom(ByteString.Empty);
        if (field.Accessor.GetValue(target) is not IMessage innerTarget)
        {
            innerTarget = field.MessageType.Parser.ParseFrom(ByteString.Empty);
            field.Accessor.SetValue(target, innerTarget);
        }
        return TryApply(path[1..], inner, innerTarget);
    }

    // REST has it in the address, where it stands as in JSON or as in the proto.
    private static FieldDescriptor? Find(MessageDescriptor message, string name) =>
        message.Fields.InDeclarationOrder().FirstOrDefault(field => field.Name == name || field.JsonName == name);

    private static void Copy(FieldDescriptor field, IMessage source, IMessage target)
    {
        field.Accessor.Clear(target);
        if (field.IsRepeated)
        {
            var list = (IList)field.Accessor.GetValue(target);
            foreach (object? value in (IList)field.Accessor.GetValue(source))
            {
                list.Add(value);
            }
        }
        else if (!field.HasPresence || field.Accessor.HasValue(source))
        {
            field.Accessor.SetValue(target, field.Accessor.GetValue(source));
        }
    }
}
