import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import { useQuery } from "@tanstack/react-query";
import { body, type Api } from "@waybill/shared/api/client";
import { useApi } from "@waybill/shared/session/context";
import { MoneyText } from "@waybill/shared/ui/money-text";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, productStatus } from "@waybill/shared/ui/status-chip";

function myProducts(api: Api) {
  return {
    queryKey: ["products", "mine"],
    queryFn: () => body(api.GET("/api/v1/products", { params: { query: { mine: true, limit: 50 } } })),
  };
}

export function ProductsPage() {
  const query = useQuery(myProducts(useApi()));
  return (
    <>
      <PageHeading sx={{ mb: 3 }}>Products</PageHeading>
      <QueryView query={query} skeleton={<Skeleton variant="rounded" height={400} />}>
        {({ data }) =>
          data.length === 0 ? (
            <EmptyState icon="box" title="No products yet">
              What you sell is listed here.
            </EmptyState>
          ) : (
            <Box sx={{ overflowX: "auto", bgcolor: "background.paper", border: 1, borderColor: "divider", borderRadius: 1 }}>
              <Table aria-label="Products">
                <TableHead>
                  <TableRow>
                    <TableCell>Product</TableCell>
                    <TableCell>SKU</TableCell>
                    <TableCell align="right">Price</TableCell>
                    <TableCell>Status</TableCell>
                  </TableRow>
                </TableHead>
                <TableBody>
                  {data.map((product) => (
                    <TableRow key={product.id}>
                      <TableCell>{product.name}</TableCell>
                      <TableCell>{product.sku}</TableCell>
                      <TableCell align="right">
                        <MoneyText value={product.price} />
                      </TableCell>
                      <TableCell>
                        <StatusChip status={productStatus(product.status)} />
                      </TableCell>
                    </TableRow>
                  ))}
                </TableBody>
              </Table>
            </Box>
          )
        }
      </QueryView>
    </>
  );
}
